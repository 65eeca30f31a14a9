'use client'
import Link from 'next/link'
import { formatDuration } from '#lib/base/units.ts'
import { plural } from '#lib/client/format.ts'
import { useNow } from '#lib/client/now.ts'
import { useRead } from '#lib/client/queries.ts'
import type { ProposalSummary } from '#lib/contracts/retention.ts'
import { ErrorNote, Reading, Time } from '../parts.tsx'
import { ProposalWord } from '../retention/proposal-status.tsx'

/** Proposals of every workspace that wait for a lead, the one that expires first on top. */
export function ApprovalsView() {
  const { data, error, refetch } = useRead('listWaiting', {}, { refetchInterval: 30_000 })
  const waiting = data?.toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1)) ?? []
  return (
    <div className="page">
      <div className="phead">
        <h1>Approvals</h1>
        {data ? <span className="q">{plural(waiting.length, 'proposal')} in all workspaces</span> : null}
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={3} /> : null}
      {data && waiting.length === 0 ? (
        <p className="empty">
          Nothing waits for a decision. A retention review that would move archives to trash is proposed first, and shown here until a lead
          approves or rejects exactly that plan.
        </p>
      ) : null}
      {waiting.length > 0 ? (
        <ul className="appr">
          {waiting.map((proposal) => (
            <Waiting key={proposal.id} proposal={proposal} />
          ))}
        </ul>
      ) : null}
    </div>
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
