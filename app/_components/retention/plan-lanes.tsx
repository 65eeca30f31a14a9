'use client'
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { type PlanCell, planLanesOf } from '#lib/client/plan-lanes.ts'
import type { RetentionPlan, RetentionPolicy } from '#lib/contracts/retention.ts'
import { LaneAxis, nextCell } from '../archives/archive-lanes.tsx'

interface Props {
  plan: RetentionPlan
  /** What holds now; where the plan has another count, the old one stands struck beside it. */
  before: RetentionPolicy
  selectedId: string | null
  onSelect: (archiveId: string) => void
}

// biome-ignore-start lint/a11y/useSemanticElements: positions on a time axis are no table; the grid is one tab stop and says which cell is active
// biome-ignore-start lint/a11y/useFocusableInteractive: positions on a time axis are no table; the grid is one tab stop and says which cell is active

/** What stays and what goes over time: struck through goes, outlined is kept by another lane. One tab stop, arrows move inside. */
export function PlanLanes({ plan, before, selectedId, onSelect }: Props) {
  const { lanes, ticks, others } = useMemo(() => planLanesOf(plan), [plan])
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState<[lane: number, cell: number] | null>(null)
  const id = useId()
  useEffect(() => {
    if (box.current) box.current.scrollLeft = box.current.scrollWidth
  }, [])
  const [row, column] = lanes[at?.[0] ?? 0]?.cells[at?.[1] ?? 0] && at ? at : [0, lanes[0]!.cells.length - 1]
  const active = lanes[row]?.cells[column] ?? null
  const idOf = (lane: number, cell: number) => `${id}-${lane}-${cell}`
  const counts = countsOf(plan.policy)
  const were = countsOf(before)
  const onKeyDown = (event: KeyboardEvent) => {
    const next = nextCell(lanes, row, column, event.key)
    if (next) setAt(next)
    else if ((event.key === 'Enter' || event.key === ' ') && active?.archive) onSelect(active.archive.archiveId)
    else return
    event.preventDefault()
  }
  return (
    <div className="rt-lanes">
      <div className="lbox" ref={box}>
        <div
          className="lanes"
          role="grid"
          tabIndex={0}
          aria-label="What stays and what goes over time"
          aria-activedescendant={idOf(row, column)}
          onKeyDown={onKeyDown}
        >
          {lanes.map((lane, laneAt) => (
            <div key={lane.id} className="lrow" role="row">
              <span className="lb" role="rowheader">
                {lane.label}
                <small>
                  {were[lane.id] === counts[lane.id] ? null : (
                    <>
                      <s>{were[lane.id]}</s>{' '}
                    </>
                  )}
                  {counts[lane.id] === 0 ? 'not kept' : `${counts[lane.id]} ${UNITS[lane.id]}`}
                </small>
              </span>
              <div className={`lane ${lane.id}`} role="presentation">
                {lane.cells.map((cell, cellAt) => (
                  <div
                    key={cell.key}
                    id={idOf(laneAt, cellAt)}
                    role="gridcell"
                    tabIndex={-1}
                    aria-label={wordsOf(cell)}
                    aria-selected={cell.archive !== null && cell.archive.archiveId === selectedId}
                    title={wordsOf(cell)}
                    className={`c ${classOf(cell, laneAt === row && cellAt === column, selectedId)}`}
                    style={{ left: `${cell.left * 100}%`, width: `calc(${cell.width * 100}% - 2px)` }}
                    onClick={() => {
                      setAt([laneAt, cellAt])
                      if (cell.archive) onSelect(cell.archive.archiveId)
                    }}
                    onKeyDown={() => undefined}
                  >
                    {cell.archive && cell.fate !== 'goes' ? <i className={fillOf(cell)} style={{ height: `${heightOf(cell)}%` }} /> : null}
                  </div>
                ))}
              </div>
            </div>
          ))}
        </div>
        {others.length > 0 ? (
          <div className="lrow oth" aria-hidden="true">
            <span className="lb">Other</span>
            <div className="lane">
              {others.map(({ left, archive }) => (
                <i
                  key={archive.archiveId}
                  className={archive.vetoes.includes('ahead') ? 'dot a' : 'dot'}
                  style={{ left: `${left * 100}%` }}
                  title={`${formatDay(archive.createdAt)}: ${archive.reasons.join('; ')}`}
                />
              ))}
            </div>
          </div>
        ) : null}
        <LaneAxis ticks={ticks} />
      </div>
      <p className="leg">
        <span>Height is the grade</span>
        <span>
          <i className="k held" /> Held
        </span>
        <span>
          <i className="k goes" /> Moves to trash
        </span>
        <span>
          <i className="k other" /> Kept by another rule
        </span>
        <span className="told" aria-hidden="true">
          {at && active ? wordsOf(active) : ''}
        </span>
      </p>
    </div>
  )
}

// biome-ignore-end lint/a11y/useFocusableInteractive: as above
// biome-ignore-end lint/a11y/useSemanticElements: as above

const UNITS = { daily: 'days', weekly: 'weeks', monthly: 'months' }
const countsOf = ({ dailyDays, weeklyWeeks, monthlyMonths }: RetentionPolicy) => ({
  daily: dailyDays,
  weekly: weeklyWeeks,
  monthly: monthlyMonths,
})

function classOf({ fate, archive, isOpen, day }: PlanCell, isActive: boolean, selectedId: string | null): string {
  const parts = [
    fate === 'goes' && 'goes',
    fate === 'other' && 'other',
    archive?.held && 'h',
    day?.suspect && 'w',
    isOpen && !archive && 'open',
    archive && 'has',
    isActive && 'act',
    archive !== null && archive.archiveId === selectedId && 'sel',
  ]
  return parts.filter(Boolean).join(' ')
}

const fillOf = ({ archive }: PlanCell) => (archive!.grade === null ? 'u' : `g${archive!.grade}`)
/** Not verified is no grade: a low grey foot, so that it is not taken for nothing. */
const heightOf = ({ archive }: PlanCell) => Math.max(1, archive!.grade ?? 1) * 20

function wordsOf({ from, to, archive, fate, going }: PlanCell): string {
  const period = from === to ? formatDay(from) : `${formatDay(from)} to ${formatDay(to)}`
  if (archive === null) return `${period}, no archive`
  const grade = archive.grade === null ? 'not verified' : `grade L${archive.grade}`
  const which = from === to ? formatClock(archive.createdAt) : `${formatDay(archive.createdAt)} ${formatClock(archive.createdAt)}`
  const said = fate === 'goes' ? 'would move to trash' : 'stays'
  const more = fate !== 'goes' && going > 0 ? `; ${plural(going, 'other')} of it would go` : ''
  return `${period}, ${which}, ${grade}, ${said}: ${archive.reasons.join('; ')}${more}`
}
