'use client'
import { startOffload } from '#app/actions.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { OffloadPolicy } from '#lib/contracts/disk.ts'
import { ErrorNote, Findings, Reading, SectionHead } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { DiskGauges } from './disk-gauges.tsx'
import './disk.css'
import { forecastOf } from './disk-words.ts'
import { LeavesTable } from './leaves-table.tsx'
import { OffloadRail } from './offload-rail.tsx'
import { OffloadRun } from './offload-run.tsx'
import { SizeMap } from './size-map.tsx'
import { StorageSection } from './storage-section.tsx'

type WorkspaceId = `ws_${string}`

/** When the disk is full, what can safely leave, and the button that moves it; policy and run are in the address. */
export function DiskView({ workspaceId }: { workspaceId: WorkspaceId }) {
  const { params, set } = useUrlState()
  const jobId = params.get('job')
  const policy = policyIn(params)
  const report = useRead('disk', { workspace: workspaceId }, { staleTime: 60_000 })
  const asked = Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== null))
  const planning = useRead('planOffload', { workspace: workspaceId, ...asked }, { staleTime: 60_000, keep: true })
  const starting = useAction(startOffload)
  const plan = planning.data ?? null
  const again = () => {
    starting.clear()
    void report.refetch()
    void planning.refetch()
  }
  const start = async () => {
    if (!plan) return
    const started = await starting.send({ workspaceId, policy: plan.policy, digest: plan.digest })
    if (started) set({ job: started.jobId })
  }
  const problems = withoutTwins([...(plan?.problems ?? []), ...(report.data?.problems ?? [])])
  const [first, second] = forecastOf(report.data ?? null, plan)
  return (
    <div className="split dk">
      <div className="l">
        <h1>
          {report.data ? first : report.error ? 'Disk' : 'Reading…'} <span>{report.data ? second : null}</span>
        </h1>
        {report.error ? <ErrorNote error={report.error} again={() => void report.refetch()} /> : null}
        {report.isPending ? <Reading rows={3} what="Reading the disk…" /> : null}
        {jobId ? <OffloadRun workspaceId={workspaceId} jobId={jobId as `job_${string}`} onClose={() => set({ job: null })} /> : null}
        {report.data ? <DiskGauges report={report.data} plan={plan} /> : null}
        {report.data ? <p className="q">{report.data.growth.method}</p> : null}
        {report.data ? <StorageSection report={report.data} onSaved={() => void report.refetch()} /> : null}
        {planning.error ? <ErrorNote error={planning.error} again={() => void planning.refetch()} /> : null}
        {planning.isPending ? <Reading rows={8} what="Looking at every log and pack…" /> : null}
        {plan ? <SizeMap plan={plan} isReading={planning.isFetching} /> : null}
        {plan ? <LeavesTable plan={plan} /> : null}
        {problems.length > 0 ? (
          <section aria-labelledby="dproblems">
            <SectionHead id="dproblems" title="To know" />
            <Findings findings={problems} limit={20} />
          </section>
        ) : null}
      </div>
      <OffloadRail
        plan={plan}
        policy={policy}
        isReading={planning.isFetching}
        busy={starting.busy}
        error={starting.error}
        onPolicy={set}
        onStart={() => void start()}
        onAgain={again}
      />
    </div>
  )
}

/** Both reads tell of what both of them met. */
const withoutTwins = (findings: Finding[]) =>
  findings.filter((finding, i) => findings.findIndex(({ message }) => message === finding.message) === i)

/** The policy in the address; what makes no sense there counts as not given. */
function policyIn(params: URLSearchParams): OffloadPolicy {
  const count = <Other extends number | null>(name: string, other: Other): number | Other => {
    const text = params.get(name) ?? ''
    return /^\d{1,7}$/.test(text) ? Number(text) : other
  }
  return {
    olderThanDays: count('days', 30),
    keepPacks: count('packs', null) || null,
    keepPackDays: count('packDays', null),
    inArchives: count('in', 0),
  }
}
