'use client'
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatDay } from '#lib/client/format.ts'
import { type Lane, type LaneCell, type Lanes, lanesOf } from '#lib/client/lanes.ts'
import { useRead } from '#lib/client/queries.ts'
import { ErrorNote, Reading } from '../parts.tsx'

interface Props {
  workspaceId: `ws_${string}`
  selectedId?: string | null
  onSelect: (archiveId: string) => void
}

/** Days asked for: twelve whole months. */
const DAYS = 372

// biome-ignore-start lint/a11y/useSemanticElements: positions on a time axis are no table; the grid is one tab stop and says which cell is active
// biome-ignore-start lint/a11y/useFocusableInteractive: positions on a time axis are no table; the grid is one tab stop and says which cell is active

/** Archives over time: resolution coarsens with age, height is the grade. One tab stop, arrows move inside. */
export function ArchiveLanes({ workspaceId, selectedId = null, onSelect }: Props) {
  const { data, error, refetch } = useRead('calendar', { workspace: workspaceId, days: DAYS })
  const { lanes, ticks } = useMemo(() => lanesOf(data ?? []), [data])
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState<[lane: number, cell: number] | null>(null)
  const id = useId()
  useEffect(() => {
    if (data && box.current) box.current.scrollLeft = box.current.scrollWidth
  }, [data])
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (!data) return <Reading rows={3} />
  const [row, column] = at ?? [0, lanes[0]!.cells.length - 1]
  const active = lanes[row]?.cells[column] ?? null
  const idOf = (lane: number, cell: number) => `${id}-${lane}-${cell}`
  const onKeyDown = (event: KeyboardEvent) => {
    const next = nextCell(lanes, row, column, event.key)
    if (next) setAt(next)
    else if ((event.key === 'Enter' || event.key === ' ') && active?.day?.newestId) onSelect(active.day.newestId)
    else return
    event.preventDefault()
  }
  return (
    <div>
      <div className="lbox" ref={box}>
        <div
          className="lanes"
          role="grid"
          tabIndex={0}
          aria-label="Archives over time"
          aria-activedescendant={idOf(row, column)}
          onKeyDown={onKeyDown}
        >
          {lanes.map((lane, laneAt) => (
            <div key={lane.id} className="lrow" role="row">
              <span className="lb" role="rowheader">
                {lane.label}
                <small>{lane.span}</small>
              </span>
              <div className={`lane ${lane.id}`} role="presentation">
                {lane.cells.map((cell, cellAt) => (
                  <Cell
                    key={cell.key}
                    id={idOf(laneAt, cellAt)}
                    cell={cell}
                    isActive={laneAt === row && cellAt === column}
                    isSelected={cell.day?.newestId != null && cell.day.newestId === selectedId}
                    onPick={() => {
                      setAt([laneAt, cellAt])
                      if (cell.day?.newestId) onSelect(cell.day.newestId)
                    }}
                  />
                ))}
              </div>
            </div>
          ))}
        </div>
        <LaneAxis ticks={ticks} />
      </div>
      <p className="leg">
        <span>Height is the grade</span>
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
        <span className="told" aria-hidden="true">
          {at && active ? wordsOf(active) : ''}
        </span>
      </p>
    </div>
  )
}

interface CellProps {
  id: string
  cell: LaneCell
  isActive: boolean
  isSelected: boolean
  onPick: () => void
}

function Cell({ id, cell, isActive, isSelected, onPick }: CellProps) {
  const { day, isMissed, isOpen } = cell
  const kind = [day?.held && 'h', day?.suspect && 'w', isMissed && 'miss', isOpen && 'open', isActive && 'act', isSelected && 'sel']
  const words = wordsOf(cell)
  // Not verified is no grade: a low grey foot, so that it is not taken for nothing.
  const height = day === null ? 0 : Math.max(1, day.bestGrade ?? 1) * 20
  return (
    <div
      id={id}
      role="gridcell"
      tabIndex={-1}
      aria-label={words}
      aria-selected={isSelected}
      title={words}
      className={`c ${kind.filter(Boolean).join(' ')} ${day?.newestId ? 'has' : ''}`}
      style={{ left: `${cell.left * 100}%`, width: `calc(${cell.width * 100}% - 2px)` }}
      onClick={onPick}
      onKeyDown={() => undefined}
    >
      {day === null ? null : <i className={day.bestGrade === null ? 'u' : `g${day.bestGrade}`} style={{ height: `${height}%` }} />}
    </div>
  )
}

// biome-ignore-end lint/a11y/useFocusableInteractive: as above
// biome-ignore-end lint/a11y/useSemanticElements: as above

/** Where an arrow key leads from a cell; null for other keys. */
export function nextCell(lanes: readonly Lane[], row: number, column: number, key: string): [number, number] | null {
  const cells = lanes[row]!.cells
  if (key === 'ArrowLeft') return [row, Math.max(0, column - 1)]
  if (key === 'ArrowRight') return [row, Math.min(cells.length - 1, column + 1)]
  if (key === 'Home') return [row, 0]
  if (key === 'End') return [row, cells.length - 1]
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return null
  const other = row + (key === 'ArrowUp' ? -1 : 1)
  if (!lanes[other]) return [row, column]
  const middle = cells[column]!.left + cells[column]!.width / 2
  const found = lanes[other].cells.findIndex(({ left, width }) => left <= middle && middle < left + width)
  return [other, Math.max(0, found)]
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

/** The days below the lanes, as fractions of their width. */
export function LaneAxis({ ticks }: { ticks: Lanes['ticks'] }) {
  return (
    <div className="lrow" aria-hidden="true">
      <span />
      <div className="axis">
        {ticks.map(({ left, text }) => (
          <span key={text} style={{ left: `${left * 100}%` }}>
            {text}
          </span>
        ))}
        <span className="now">Today</span>
      </div>
    </div>
  )
}
