'use client'
import { useState } from 'react'
import { formatBytes } from '#lib/base/units.ts'
import { useFoundNames } from '#lib/client/found-names.ts'
import { ErrorNote, Reading } from '../parts.tsx'

const AT_ONCE = 100

interface Props {
  archiveId: `arc_${string}`
  pattern: string
  chosen: ReadonlyMap<string, number>
  onShow: (path: string) => void
  onChoose: (path: string, sizeBytes: number) => void
}

/** Names of this archive that match. */
export function FindResults({ archiveId, pattern, chosen, onShow, onChoose }: Props) {
  const [wanted, setWanted] = useState(AT_ONCE)
  const { rows, error, isLooking, hasMore, refetch } = useFoundNames(
    'findInArchive',
    { archive: archiveId, pattern, limit: AT_ONCE },
    wanted,
  )
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (rows.length === 0 && isLooking) return <Reading rows={4} />
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
      {isLooking ? (
        <Reading rows={1} />
      ) : hasMore ? (
        <button type="button" className="btn sm" onClick={() => setWanted(rows.length + AT_ONCE)}>
          Show more
        </button>
      ) : null}
    </div>
  )
}
