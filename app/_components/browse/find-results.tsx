'use client'
import { formatBytes } from '#lib/base/units.ts'
import { usePages } from '#lib/client/queries.ts'
import type { Found } from '#lib/contracts/archive.ts'
import { ErrorNote, Reading } from '../parts.tsx'

interface Props {
  archiveId: `arc_${string}`
  pattern: string
  chosen: ReadonlyMap<string, number>
  onShow: (path: string) => void
  onChoose: (path: string, sizeBytes: number) => void
}

/** Names of this archive that match. */
export function FindResults({ archiveId, pattern, chosen, onShow, onChoose }: Props) {
  const found = usePages('findInArchive', { archive: archiveId, pattern, limit: 100 })
  const rows = (found.data?.pages ?? []).flatMap((page) => page.rows) as Found[]
  if (found.error) return <ErrorNote error={found.error} again={() => void found.refetch()} />
  if (!found.data) return <Reading rows={4} />
  if (rows.length === 0) return <p className="empty">No name in this archive matches “{pattern}”.</p>
  return (
    <div className="tree">
      <ul>
        {rows.map((row) => (
          <li key={row.path} className="tl fr">
            <input
              type="checkbox"
              aria-label={`Select ${row.path}`}
              checked={chosen.has(row.path)}
              onChange={() => onChoose(row.path, row.sizeBytes)}
            />
            <button type="button" className="nm brk" onClick={() => onShow(row.path)}>
              {row.path}
            </button>
            <span className="q sz">{formatBytes(row.sizeBytes)}</span>
          </li>
        ))}
      </ul>
      {found.hasNextPage ? (
        <button type="button" className="btn sm" onClick={() => void found.fetchNextPage()}>
          Show more
        </button>
      ) : null}
    </div>
  )
}
