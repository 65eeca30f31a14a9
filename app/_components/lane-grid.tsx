'use client'
import { type KeyboardEvent, memo, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react'
import type { Lane, LaneCell, Lanes } from '#lib/client/lanes.ts'
import { useStable } from '#lib/client/use-stable.ts'

/** How a cell looks, what it says, and what it leads to. */
export interface CellLook {
  /** Said to readers, and below the lanes while the cell is the active one. */
  words: string
  /** Class names. */
  kind: string
  /** Null = there is nothing to choose. */
  archiveId: string | null
  /** Null = empty. */
  fill: { tone: string; heightPercent: number } | null
}

interface Props<L extends Lane> {
  label: string
  lanes: readonly L[]
  ticks: Lanes['ticks']
  /** The same function from one drawing to the next. */
  lookOf: (cell: L['cells'][number]) => CellLook
  /** Below the name of a lane. */
  noteOf: (lane: L) => ReactNode
  /** A row of its own below the lanes. */
  more?: ReactNode
  legend: ReactNode
  selectedId: string | null
  onSelect: (archiveId: string) => void
}

type Place = readonly [lane: number, cell: number]

// biome-ignore-start lint/a11y/useSemanticElements: positions on a time axis are no table; the grid is one tab stop and says which cell is active
// biome-ignore-start lint/a11y/useFocusableInteractive: positions on a time axis are no table; the grid is one tab stop and says which cell is active

/** Periods on one time axis, whose resolution coarsens with age. One tab stop, arrows move inside. */
export function LaneGrid<L extends Lane>({ label, lanes, ticks, lookOf, noteOf, more, legend, selectedId, onSelect }: Props<L>) {
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState<Place | null>(null)
  const id = useId()
  const looks = useMemo(() => lanes.map(({ cells }) => cells.map(lookOf)), [lanes, lookOf])
  useEffect(() => {
    if (box.current) box.current.scrollLeft = box.current.scrollWidth
  }, [])
  const [row, column] = at && lanes[at[0]]?.cells[at[1]] ? at : [0, lanes[0]!.cells.length - 1]
  const active = looks[row]?.[column] ?? null
  const choose = (look: CellLook | null | undefined) => {
    if (look?.archiveId) onSelect(look.archiveId)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const next = nextPlace(lanes, row, column, event.key)
    if (next) setAt(next)
    else if ((event.key === 'Enter' || event.key === ' ') && active?.archiveId) choose(active)
    else return
    event.preventDefault()
  }
  const onPick = useStable((lane: number, cell: number) => {
    setAt([lane, cell])
    choose(looks[lane]?.[cell])
  })
  return (
    <>
      <div className="lbox" ref={box}>
        <div
          className="lanes"
          role="grid"
          tabIndex={0}
          aria-label={label}
          aria-activedescendant={`${id}-${row}-${column}`}
          onKeyDown={onKeyDown}
        >
          {lanes.map((lane, laneAt) => (
            <div key={lane.id} className="lrow" role="row">
              <span className="lb" role="rowheader">
                {lane.label}
                <small>{noteOf(lane)}</small>
              </span>
              <div className={`lane ${lane.id}`} role="presentation">
                {lane.cells.map((cell, cellAt) => (
                  <Cell
                    key={cell.key}
                    gridId={id}
                    laneAt={laneAt}
                    cellAt={cellAt}
                    left={cell.left}
                    width={cell.width}
                    look={looks[laneAt]![cellAt]!}
                    isActive={laneAt === row && cellAt === column}
                    isSelected={selectedId !== null && looks[laneAt]![cellAt]!.archiveId === selectedId}
                    onPick={onPick}
                  />
                ))}
              </div>
            </div>
          ))}
        </div>
        {more}
        <Axis ticks={ticks} />
      </div>
      <p className="leg">
        <span>Height is the grade</span>
        {legend}
        <span className="told" aria-hidden="true">
          {at && active ? active.words : ''}
        </span>
      </p>
    </>
  )
}

interface CellProps extends Pick<LaneCell, 'left' | 'width'> {
  gridId: string
  laneAt: number
  cellAt: number
  look: CellLook
  isActive: boolean
  isSelected: boolean
  onPick: (lane: number, cell: number) => void
}

/** Drawn anew only when something of it changed: an arrow key changes two of them. */
const Cell = memo(function Cell({ gridId, laneAt, cellAt, left, width, look, isActive, isSelected, onPick }: CellProps) {
  const { words, kind, archiveId, fill } = look
  return (
    <div
      id={`${gridId}-${laneAt}-${cellAt}`}
      role="gridcell"
      tabIndex={-1}
      aria-label={words}
      aria-selected={isSelected}
      title={words}
      className={`c ${kind} ${archiveId ? 'has' : ''} ${isActive ? 'act' : ''} ${isSelected ? 'sel' : ''}`}
      style={{ left: `${left * 100}%`, width: `calc(${width * 100}% - 2px)` }}
      onClick={() => onPick(laneAt, cellAt)}
      onKeyDown={() => undefined}
    >
      {fill === null ? null : <i className={fill.tone} style={{ height: `${fill.heightPercent}%` }} />}
    </div>
  )
})

// biome-ignore-end lint/a11y/useFocusableInteractive: as above
// biome-ignore-end lint/a11y/useSemanticElements: as above

/** A filled cell by its grade. Not verified is no grade: a low grey foot, so that it is not taken for nothing. */
export const gradeFill = (grade: number | null): NonNullable<CellLook['fill']> => ({
  tone: grade === null ? 'u' : `g${grade}`,
  heightPercent: Math.max(1, grade ?? 1) * 20,
})

/** Where an arrow key leads from a cell; null for other keys. */
function nextPlace(lanes: readonly Lane[], row: number, column: number, key: string): Place | null {
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

/** The days below the lanes, as fractions of their width. */
function Axis({ ticks }: { ticks: Lanes['ticks'] }) {
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
