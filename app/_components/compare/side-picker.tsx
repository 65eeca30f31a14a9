'use client'
import { plural } from '#lib/base/plural.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import type { SideId } from '#lib/contracts/compare.ts'
import { ArchiveOptions } from '../archives/archive-options.tsx'
import { Ladder } from '../parts.tsx'

interface Props {
  workspaceId: `ws_${string}`
  letter: 'A' | 'B'
  side: SideId
  /** The newest ones; others are asked for by day. */
  archives: readonly ArchiveSummary[]
  onPick: (side: SideId) => void
}

const LIVE = [{ value: 'live', text: 'Live workspace' }]

/** One end of a comparison: an archive, or the live workspace. */
export function SidePicker({ workspaceId, letter, side, archives, onPick }: Props) {
  const archive = archives.find(({ id }) => id === side) ?? null
  return (
    <div className="end">
      <span className="lt" aria-hidden="true">
        {letter}
      </span>
      <span className="wh">
        <ArchiveOptions
          workspaceId={workspaceId}
          newest={archives}
          value={side}
          onPick={(id) => onPick(id as SideId)}
          className="wsel b"
          label={`Side ${letter}`}
          first={LIVE}
        />
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
