'use client'
import { memo } from 'react'
import { formatCount } from '#lib/base/units.ts'
import { usePages } from '#lib/client/queries.ts'
import Link from '../link.tsx'
import { OlderButton } from '../older-button.tsx'
import { ErrorNote, Reading, SectionHead, Time, WideTable } from '../parts.tsx'
import { ProposalWord } from './proposal-status.tsx'

/** Proposals of a workspace, newest first; each stays readable with how it ended. */
export const ProposalList = memo(function ProposalList({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const pages = usePages('listProposals', { workspace: workspaceId, limit: 20 })
  const { data, error, refetch } = pages
  const rows = data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <section aria-labelledby="rt-props">
      <SectionHead id="rt-props" title="Proposals" aside={rows.length > 0 ? 'newest first' : undefined} />
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={2} /> : null}
      {data && rows.length === 0 ? (
        <p className="empty">No proposals yet. A proposal freezes a plan, so that a lead approves exactly that.</p>
      ) : null}
      {rows.length > 0 ? (
        <WideTable label="Proposals">
          <thead>
            <tr>
              <th>Proposal</th>
              <th>Status</th>
              <th className="r">Forgets</th>
              <th>Proposed</th>
              <th>Decided by</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <tr key={one.id}>
                <td>
                  <Link className="link mono" href={`/w/${workspaceId}/retention/${one.id}`}>
                    {one.id}
                  </Link>
                </td>
                <td>
                  <ProposalWord status={one.status} />
                </td>
                <td className="r" data-label="forgets">
                  {formatCount(one.forgetCount)}
                </td>
                <td>
                  <Time iso={one.proposedAt} /> <span className="q">by {one.proposedBy}</span>
                </td>
                <td>
                  {one.decidedBy ?? <span className="q">-</span>}
                  {one.breakGlass ? <span className="tag warn">break-glass</span> : null}
                </td>
                <td className="wrapc">{one.endReason ?? one.decision ?? one.note ?? <span className="q">-</span>}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      ) : null}
      <OlderButton pages={pages} />
    </section>
  )
})
