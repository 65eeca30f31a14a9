'use client'
import { useMemo } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatDay } from '#lib/client/format.ts'
import { type Lane, type LaneCell, lanesOf } from '#lib/client/lanes.ts'
import { useRead } from '#lib/client/queries.ts'
import { type CellLook, gradeFill, LaneGrid } from '../lane-grid.tsx'
import { ErrorNote, Reading } from '../parts.tsx'

interface Props {
  workspaceId: `ws_${string}`
  selectedId?: string | null
  onSelect: (archiveId: string) => void
}

/** Days asked for: twelve whole months. */
const DAYS = 372

/** Archives over time: height is the grade. */
export function ArchiveLanes({ workspaceId, selectedId = null, onSelect }: Props) {
  const { data, error, refetch } = useRead('calendar', { workspace: workspaceId, days: DAYS })
  const { lanes, ticks } = useMemo(() => lanesOf(data ?? []), [data])
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (!data) return <Reading rows={3} />
  return (
    <div>
      <LaneGrid
        label="Archives over time"
        lanes={lanes}
        ticks={ticks}
        lookOf={lookOf}
        noteOf={spanOf}
        legend={LEGEND}
        selectedId={selectedId}
        onSelect={onSelect}
      />
    </div>
  )
}

const spanOf = ({ span }: Lane) => span

const LEGEND = (
  <>
    <span>
      <i className="k none" /> Not verified
    </span>
    <span>
      <i className="k held" /> Held
    </span>
    <span>
      <i className="k sus" /> Suspect
    </span>
    <span>
      <i className="k miss" /> Missed
    </span>
  </>
)

function lookOf(cell: LaneCell): CellLook {
  const { day, isMissed, isOpen } = cell
  return {
    words: wordsOf(cell),
    kind: [day?.held && 'h', day?.suspect && 'w', isMissed && 'miss', isOpen && 'open'].filter(Boolean).join(' '),
    archiveId: day?.newestId ?? null,
    fill: day === null ? null : gradeFill(day.bestGrade),
  }
}

function wordsOf({ from, to, day, isMissed }: LaneCell): string {
  const period = from === to ? formatDay(from) : `${formatDay(from)} to ${formatDay(to)}`
  if (day === null) return `${period}, ${isMissed ? 'missed: a scheduled backup did not run' : 'no archive'}`
  const parts = [
    from === to ? plural(day.archives, 'archive') : `newest of ${formatDay(day.date)}`,
    day.bestGrade === null ? 'not verified' : `grade L${day.bestGrade}`,
    day.suspect ? 'suspect' : '',
    day.held ? 'held' : '',
    day.safety ? 'with a safety archive' : '',
  ]
  return [period, ...parts.filter(Boolean)].join(', ')
}
