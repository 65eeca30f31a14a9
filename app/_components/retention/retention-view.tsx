'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { lazy, Suspense, useCallback, useDeferredValue, useMemo } from 'react'
import { commandText } from '#lib/base/command-text.ts'
import { LIVE_READS, useRead } from '#lib/client/queries.ts'
import type { RetentionPlan, RetentionRules } from '#lib/contracts/retention.ts'
import { CommandPopover, ErrorNote, Reading, SectionHead } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { ForwardChart } from './forward-chart.tsx'
import { GoingTable } from './going-table.tsx'
import { PlanFigures } from './plan-figures.tsx'
import { PlanLanes } from './plan-lanes.tsx'
import { PolicyEditor } from './policy-editor.tsx'
import { ProposalList } from './proposal-list.tsx'
import { ProposeRail } from './propose-rail.tsx'
import { RestsNote } from './rests-note.tsx'
import './retention.css'
import { draftIn, draftOptions, policyLine } from './retention-draft.ts'

type WorkspaceId = `ws_${string}`

// Forms at the end of the page: they come with it as they look, and what they do a moment later.
const NamesForm = lazy(() => import('./names-form.tsx'))
const RulesForm = lazy(() => import('./rules-form.tsx'))

/** What a workspace keeps: the policy with a live simulation, and the way to a proposal. The draft is in the address. */
export function RetentionView({ workspaceId }: { workspaceId: WorkspaceId }) {
  const { data: rules, error, refetch } = useRead('retentionRules', { workspace: workspaceId })
  if (!rules) {
    return (
      <div className="page">
        <h1>Retention</h1>
        {error ? <ErrorNote error={error} again={() => void refetch()} /> : <Reading rows={8} what="Reading the policy…" />}
      </div>
    )
  }
  return <Editor workspaceId={workspaceId} rules={rules} />
}

function Editor({ workspaceId, rules }: { workspaceId: WorkspaceId; rules: RetentionRules }) {
  const { params, set } = useUrlState()
  const router = useRouter()
  const client = useQueryClient()
  const draft = draftIn(params, rules.policy)
  const asked = { workspace: workspaceId, ...draft }
  const simulation = useRead('simulateRetention', asked, { keep: true, staleTime: 30_000 })
  const simulated = simulation.data?.plan ?? null
  const measuring = useRead('planRetention', asked, { enabled: (simulated?.archives.length ?? 0) > 0, staleTime: 60_000 })
  const plan = useMemo(() => withMeasure(simulated, measuring.data ?? null), [simulated, measuring.data])
  // What a plan comes to is drawn when there is time for it: whoever moves a slider on does not wait for that.
  const shown = useDeferredValue(plan)
  const forward = useDeferredValue(simulation.data?.forward ?? null)
  const selectedId = params.get('sel')
  const onSelect = useCallback((sel: string) => set({ sel }), [set])
  const refresh = () => client.invalidateQueries({ predicate: ({ queryKey }) => (LIVE_READS as readonly unknown[]).includes(queryKey[0]) })
  const isDraft = Object.keys(draft).length > 0
  return (
    <div className="split rt">
      <div className="l">
        <div className="phead">
          <h1>Retention</h1>
          <span className="q">
            {rules.workspace} keeps {policyLine(rules.policy)}; days are those of {rules.timeZone}
          </span>
          <span className="sp" />
          <CommandPopover command={commandText(['orchive', 'retention', 'plan', rules.workspace, ...draftOptions(draft)])} />
        </div>
        <PolicyEditor rules={rules} draft={draft} onDraft={set} />
        {simulation.error ? <ErrorNote error={simulation.error} again={() => void simulation.refetch()} /> : null}
        {simulation.isPending ? <Reading rows={6} what="Simulating…" /> : null}
        {shown ? <RestsNote plan={shown} /> : null}
        {shown && shown.archives.length > 0 ? (
          <section aria-labelledby="rt-sim">
            <SectionHead
              id="rt-sim"
              title="What stays and what goes"
              aside={simulation.isFetching ? 'Reading…' : isDraft ? 'as a draft' : undefined}
            />
            <PlanLanes plan={shown} before={rules.policy} selectedId={selectedId} onSelect={onSelect} />
          </section>
        ) : null}
        {shown && shown.archives.length > 0 ? <PlanFigures plan={shown} isMeasuring={measuring.isFetching || shown !== plan} /> : null}
        {measuring.error ? <ErrorNote error={measuring.error} again={() => void measuring.refetch()} /> : null}
        {shown ? <GoingTable plan={shown} selectedId={selectedId} exportHref={exportHref(workspaceId, draft)} /> : null}
        {forward && shown && shown.archives.length > 0 ? <ForwardChart forward={forward} now={shown.archives.length} /> : null}
        <ProposalList workspaceId={workspaceId} />
        <Suspense>
          <NamesForm rules={rules} />
          <RulesForm rules={rules} />
        </Suspense>
      </div>
      <ProposeRail
        rules={rules}
        draft={draft}
        plan={plan}
        isReading={simulation.isFetching || shown !== plan}
        onReset={() => set({ d: null, w: null, m: null, y: null, last: null, other: null })}
        onProposed={(id) => router.push(`/w/${workspaceId}/retention/${id}`)}
        onSaved={() => {
          set({ d: null, w: null, m: null, y: null, last: null, other: null })
          void refresh()
        }}
        onAgain={() => void refresh()}
      />
    </div>
  )
}

/** The plan as it is simulated, with the bytes of the same plan once they are measured. */
function withMeasure(plan: RetentionPlan | null, measured: RetentionPlan | null): RetentionPlan | null {
  return plan && measured && plan.digest === measured.digest ? { ...plan, ...bytesOf(measured) } : plan
}

const bytesOf = ({ reclaimBytes, referencedBytes, lost }: RetentionPlan) => ({ reclaimBytes, referencedBytes, lost })

function exportHref(workspaceId: WorkspaceId, draft: Record<string, unknown>): string {
  const query = new URLSearchParams(Object.entries(draft).map(([key, value]) => [key, String(value)])).toString()
  return `/api/v1/workspaces/${workspaceId}/retention/plan${query ? `?${query}` : ''}`
}
