'use client'
import { plural } from '#lib/base/plural.ts'
import { formatDuration } from '#lib/base/units.ts'
import { useNow } from '#lib/client/now.ts'
import { useRead } from '#lib/client/queries.ts'
import type { RestoreApprovalSummary } from '#lib/contracts/restore-approval.ts'
import type { ProposalSummary } from '#lib/contracts/retention.ts'
import Link from '../link.tsx'
import { ErrorNote, Reading, Time } from '../parts.tsx'
import { ProposalWord } from '../retention/proposal-status.tsx'
import './approvals.css'

/** What of every workspace waits for a lead: restores, which are urgent, then proposals; of each the one that expires first on top. */
export function ApprovalsView() {
  const restores = useRead('listRestoreApprovals', {}, { refetchInterval: 30_000 })
  const proposals = useRead('listWaiting', {}, { refetchInterval: 30_000 })
  const error = restores.error ?? proposals.error
  const data = restores.data && proposals.data
  const asked = restores.data?.toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1)) ?? []
  const refetch = () => Promise.all([restores.refetch(), proposals.refetch()])
  const waiting = proposals.data?.toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1)) ?? []
  return (
    <div className="page">
      <div className="phead">
        <h1>Approvals</h1>
        {data ? (
          <span className="q">{`${[...(asked.length > 0 ? [plural(asked.length, 'restore')] : []), plural(waiting.length, 'proposal')].join(', ')} in all workspaces`}</span>
        ) : null}
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={3} /> : null}
      {data && waiting.length + asked.length === 0 ? (
        <p className="empty">
          Nothing waits for a decision. A retention review that would move archives to trash is proposed first, and shown here until a lead
          approves or rejects exactly that plan.
        </p>
      ) : null}
      {waiting.length + asked.length > 0 ? (
        <ul className="appr">
          {asked.map((restore) => (
            <WaitingRestore key={restore.id} restore={restore} />
          ))}
          {waiting.map((proposal) => (
            <Waiting key={proposal.id} proposal={proposal} />
          ))}
        </ul>
      ) : null}
    </div>
  )
}

function WaitingRestore({ restore }: { restore: RestoreApprovalSummary }) {
  const now = useNow(60_000)
  const { id, workspaceId, workspace, request, askedBy, askedAt, expiresAt, note, digest } = restore
  const what = request.paths.length === 0 ? 'all items' : plural(request.paths.length, 'path')
  return (
    <li>
      <div className="tx">
        <p className="b">
          {id} in {workspace}: {what} would be replaced by those of an archive
        </p>
        <p className="q">
          Asked for <Time iso={askedAt} /> by {askedBy}. Expires in {formatDuration(Math.max(0, Date.parse(expiresAt) - now))}.
        </p>
        {note ? <p className="s brk">{note}</p> : null}
        <p className="mono q brk">{digest.slice(0, 16)}</p>
      </div>
      <ProposalWord status="open" />
      <Link className="btn" href={`/w/${workspaceId}/restore/${id}`} aria-label={`Review ${id}`}>
        Review {id}
      </Link>
    </li>
  )
}

function Waiting({ proposal }: { proposal: ProposalSummary }) {
  const now = useNow(60_000)
  const { id, workspaceId, workspace, forgetCount, proposedBy, proposedAt, expiresAt, note, status, digest } = proposal
  const leftMs = Math.max(0, Date.parse(expiresAt) - now)
  return (
    <li>
      <div className="tx">
        <p className="b">
          {id} in {workspace}: {plural(forgetCount, 'archive')} would move to trash
        </p>
        <p className="q">
          Proposed <Time iso={proposedAt} /> by {proposedBy}. {status === 'open' ? `Expires in ${formatDuration(leftMs)}.` : null}
        </p>
        {note ? <p className="s brk">{note}</p> : null}
        <p className="mono q brk">{digest.slice(0, 16)}</p>
      </div>
      <ProposalWord status={status} />
      <Link className="btn" href={`/w/${workspaceId}/retention/${id}`} aria-label={`Review ${id}`}>
        Review {id}
      </Link>
    </li>
  )
}
