'use client'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { formatBytes } from '#lib/base/units.ts'
import { plural } from '#lib/client/format.ts'
import { useRead } from '#lib/client/queries.ts'
import type { Overview } from '#lib/contracts/overview.ts'
import { ArchiveLanes } from '../archives/archive-lanes.tsx'
import { ArchiveMark } from '../archives/archive-mark.tsx'
import { Changes, ErrorNote, Ladder, Reading, SectionHead, Time } from '../parts.tsx'

/** The last archives and how far each is proven. */
export function LatestArchives({ view }: { view: Overview }) {
  const workspace = view.workspaceId as `ws_${string}`
  const { data, error, refetch } = useRead('listArchives', { workspace, limit: 7 })
  const href = `/w/${workspace}/archives`
  const router = useRouter()
  return (
    <>
      <section aria-labelledby="pf">
        <SectionHead id="pf" title="Recoverability" aside={plural(view.archives, 'archive')}>
          <Link className="link" href={href}>
            All archives
          </Link>
        </SectionHead>
        {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
        {data ? (
          <div className="tw">
            <table className="fold">
              <thead>
                <tr>
                  <th>Captured</th>
                  <th>Recoverability</th>
                  <th>Mark</th>
                  <th className="r">Since previous</th>
                  <th className="r">Size</th>
                </tr>
              </thead>
              <tbody>
                {data.rows.map((row) => (
                  <tr key={row.id}>
                    <td>
                      <Link className="link" href={`${href}?sel=${row.id}`}>
                        <Time iso={row.createdAt} />
                      </Link>
                    </td>
                    <td>
                      <Ladder grade={row.grade} at={row.gradedAt} until={row.gradeExpiresAt} />
                    </td>
                    <td>
                      <ArchiveMark archive={row} />
                    </td>
                    <td className="r">
                      <Changes counts={row.changes} />
                    </td>
                    <td className="r">{formatBytes(row.contentBytes)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : error ? null : (
          <Reading rows={5} />
        )}
      </section>
      <section aria-labelledby="cal">
        <SectionHead
          id="cal"
          title="Archives"
          aside={
            view.oldestAt ? (
              <>
                oldest <Time iso={view.oldestAt} />
              </>
            ) : undefined
          }
        />
        <ArchiveLanes workspaceId={workspace} onSelect={(id) => router.push(`${href}?sel=${id}`)} />
      </section>
    </>
  )
}
