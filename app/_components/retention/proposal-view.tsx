'use client'
import { IconPencil } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { LIVE_READS, useRead } from '#lib/client/queries.ts'
import type { Proposal } from '#lib/contracts/retention.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, ICON, Reading, SectionHead, Time } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { DecisionRail } from './decision-rail.tsx'
import { GoingTable } from './going-table.tsx'
import { PlanFigures } from './plan-figures.tsx'
import { PlanLanes } from './plan-lanes.tsx'
import { ProposalWord } from './proposal-status.tsx'
import './retention.css'
import { DRAFT_FIELDS, policyChanges, policyLine } from './retention-draft.ts'

/** One proposal for who decides: what goes and why, what is lost, the checks, the buttons. */
export function ProposalView({ workspaceId, proposalId }: { workspaceId: `ws_${string}`; proposalId: string }) {
  const { params, set } = useUrlState()
  const client = useQueryClient()
  const { data: proposal, error, refetch } = useRead('getProposal', { proposal: proposalId }, { refetchInterval: 10_000 })
  const rules = useRead('retentionRules', { workspace: workspaceId })
  const onSelect = useCallback((sel: string) => set({ sel }), [set])
  const refresh = () => client.invalidateQueries({ predicate: ({ queryKey }) => (LIVE_READS as readonly unknown[]).includes(queryKey[0]) })
  if (!proposal) {
    return (
      <div className="page">
        <h1>Proposal {proposalId}</h1>
        {error ? <ErrorNote error={error} again={() => void refetch()} /> : <Reading rows={8} what="Reading the proposal…" />}
      </div>
    )
  }
  const { plan } = proposal
  const selectedId = params.get('sel')
  return (
    <div className="split asks rt">
      <div className="l">
        <Head proposal={proposal} />
        {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
        {plan.archives.length > 0 ? (
          <section aria-labelledby="rt-sim">
            <SectionHead id="rt-sim" title="What stays and what goes" aside={policyLine(plan.policy)} />
            <PlanLanes plan={plan} before={proposal.basePolicy} selectedId={selectedId} onSelect={onSelect} />
          </section>
        ) : null}
        <PlanFigures plan={plan} />
        <GoingTable plan={plan} selectedId={selectedId} exportHref={`/api/v1/proposals/${proposal.id}`} />
      </div>
      <DecisionRail proposal={proposal} trashDays={rules.data?.trashDays ?? 7} onDone={() => void refresh()} />
    </div>
  )
}

function Head({ proposal }: { proposal: Proposal }) {
  const { id, plan, basePolicy, forgetCount, proposedBy, proposedAt, expiresAt, status, note, workspaceId } = proposal
  const changes = policyChanges(basePolicy, plan.policy)
  const draft = new URLSearchParams(
    DRAFT_FIELDS.filter(({ field }) => basePolicy[field] !== plan.policy[field]).map(({ field, key }) => [key, String(plan.policy[field])]),
  ).toString()
  const question = forgetCount === 0 ? 'Change the policy?' : `Move ${plural(forgetCount, 'archive')} to trash?`
  const size =
    plan.reclaimBytes !== null && forgetCount > 0
      ? `${formatBytes(plan.reclaimBytes)} of ${formatBytes(plan.referencedBytes)} come free. `
      : ''
  return (
    <div className="question rt-hd">
      <div>
        <h1>{status === 'open' ? question : `${plural(forgetCount, 'archive')} to trash`}</h1>
        <p>
          {size}
          {changes.length > 0 ? `The policy becomes ${changes.join(', ')}. ` : ''}
          {note ? `“${note}” ` : ''}
        </p>
        <p className="q">
          {id} by {proposedBy}, <Time iso={proposedAt} />
          {status === 'open' ? (
            <>
              , expires <Time iso={expiresAt} />
            </>
          ) : null}{' '}
          <ProposalWord status={status} />
        </p>
      </div>
      <span className="sp" />
      <CommandPopover command={status === 'open' ? `orchive retention apply ${id}` : `orchive retention show ${id}`} />
      <Link className="btn" href={`/w/${workspaceId}/retention${draft ? `?${draft}` : ''}`}>
        <IconPencil {...ICON} />
        {status === 'open' ? 'Edit as a new draft' : 'Plan again'}
      </Link>
    </div>
  )
}
