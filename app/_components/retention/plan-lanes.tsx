'use client'
import { memo, useMemo } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { type PlanCell, type PlanLane, type PlanLanes as Planned, planLanesOf } from '#lib/client/plan-lanes.ts'
import type { RetentionPlan, RetentionPolicy } from '#lib/contracts/retention.ts'
import { type CellLook, gradeFill, LaneGrid } from '../lane-grid.tsx'

interface Props {
  plan: RetentionPlan
  /** What holds now; where the plan has another count, the old one stands struck beside it. */
  before: RetentionPolicy
  selectedId: string | null
  onSelect: (archiveId: string) => void
}

/** What stays and what goes over time: struck through goes, outlined is kept by another lane. */
export const PlanLanes = memo(function PlanLanes({ plan, before, selectedId, onSelect }: Props) {
  const { lanes, ticks, others } = useMemo(() => planLanesOf(plan), [plan])
  return (
    <div className="rt-lanes">
      <LaneGrid
        label="What stays and what goes over time"
        lanes={lanes}
        ticks={ticks}
        lookOf={lookOf}
        noteOf={({ id }) => <Counts lane={id} now={countsOf(plan.policy)[id]} before={countsOf(before)[id]} />}
        more={others.length > 0 ? <Others others={others} /> : null}
        legend={LEGEND}
        selectedId={selectedId}
        onSelect={onSelect}
      />
    </div>
  )
})

const LEGEND = (
  <>
    <span>
      <i className="k held" /> Held
    </span>
    <span>
      <i className="k goes" /> Moves to trash
    </span>
    <span>
      <i className="k other" /> Kept by another rule
    </span>
  </>
)

const UNITS = { daily: 'days', weekly: 'weeks', monthly: 'months' }
const countsOf = ({ dailyDays, weeklyWeeks, monthlyMonths }: RetentionPolicy) => ({
  daily: dailyDays,
  weekly: weeklyWeeks,
  monthly: monthlyMonths,
})

/** How much a lane keeps, and how much it kept before. */
function Counts({ lane, now, before }: { lane: PlanLane['id']; now: number; before: number }) {
  return (
    <>
      {before === now ? null : (
        <>
          <s>{before}</s>{' '}
        </>
      )}
      {now === 0 ? 'not kept' : `${now} ${UNITS[lane]}`}
    </>
  )
}

/** What no window keeps and yet stays. */
function Others({ others }: { others: Planned['others'] }) {
  return (
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
  )
}

function lookOf(cell: PlanCell): CellLook {
  const { fate, archive, isOpen, day } = cell
  const kind = [
    fate === 'goes' && 'goes',
    fate === 'other' && 'other',
    archive?.held && 'h',
    day?.suspect && 'w',
    isOpen && !archive && 'open',
  ]
  return {
    words: wordsOf(cell),
    kind: kind.filter(Boolean).join(' '),
    archiveId: archive?.archiveId ?? null,
    fill: archive && fate !== 'goes' ? gradeFill(archive.grade) : null,
  }
}

function wordsOf({ from, to, archive, fate, going }: PlanCell): string {
  const period = from === to ? formatDay(from) : `${formatDay(from)} to ${formatDay(to)}`
  if (archive === null) return `${period}, no archive`
  const grade = archive.grade === null ? 'not verified' : `grade L${archive.grade}`
  const which = from === to ? formatClock(archive.createdAt) : `${formatDay(archive.createdAt)} ${formatClock(archive.createdAt)}`
  const said = fate === 'goes' ? 'would move to trash' : 'stays'
  const more = fate !== 'goes' && going > 0 ? `; ${plural(going, 'other')} of it would go` : ''
  return `${period}, ${which}, ${grade}, ${said}: ${archive.reasons.join('; ')}${more}`
}
