'use client'
import { formatClock, formatDay, plural } from '#lib/client/format.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import type { SideId } from '#lib/contracts/compare.ts'
import { Ladder } from '../parts.tsx'

interface Props {
  letter: 'A' | 'B'
  side: SideId
  archives: readonly ArchiveSummary[]
  onPick: (side: SideId) => void
}

const when = (archive: ArchiveSummary) => `${formatDay(archive.createdAt)} ${formatClock(archive.createdAt)}`

/** One end of a comparison: an archive, or the live workspace. */
export function SidePicker({ letter, side, archives, onPick }: Props) {
  const archive = archives.find(({ id }) => id === side) ?? null
  return (
    <div className="end">
      <span className="lt" aria-hidden="true">
        {letter}
      </span>
      <span className="wh">
        <select className="wsel b" aria-label={`Side ${letter}`} value={side} onChange={(event) => onPick(event.target.value as SideId)}>
          <option value="live">Live workspace</option>
          {archive === null && side !== 'live' ? <option value={side}>{side}</option> : null}
          {archives.map((one) => (
            <option key={one.id} value={one.id}>
              {`${when(one)}${one.kind === 'backup' ? '' : `, ${one.kind}`}${one.suspect ? ', suspect' : ''}`}
            </option>
          ))}
        </select>
        <span className="q mono ell">{side === 'live' ? 'as it is on disk now' : side}</span>
      </span>
      {archive ? (
        <span className="ex">
          <Ladder grade={archive.grade} at={archive.gradedAt} />
          <span className="q">{plural(archive.files, 'file')}</span>
        </span>
      ) : side === 'live' ? (
        <span className="tag ac">Live</span>
      ) : null}
    </div>
  )
}
