'use client'
import { IconArrowRight } from '@tabler/icons-react'
import { memo } from 'react'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { formatDay } from '#lib/client/format.ts'
import type { RetentionPlan } from '#lib/contracts/retention.ts'
import { ICON } from '../parts.tsx'

/** Before and after: counts, bytes, proofs, reach. */
export const PlanFigures = memo(function PlanFigures({ plan, isMeasuring = false }: { plan: RetentionPlan; isMeasuring?: boolean }) {
  const { archives, keepCount, reclaimBytes, referencedBytes } = plan
  const kept = archives.filter(({ keep }) => keep)
  const good = (list: RetentionPlan['archives']) => list.filter(({ grade }) => (grade ?? 0) >= 3).length
  const after = referencedBytes === null || reclaimBytes === null ? null : formatBytes(referencedBytes - reclaimBytes)
  const measuring = isMeasuring && referencedBytes === null
  return (
    <dl className="rt-ba">
      <Figure label="Archives" before={formatCount(archives.length)} after={formatCount(keepCount)} />
      <Figure
        label="Stored"
        before={formatBytes(referencedBytes)}
        after={measuring ? 'Measuring…' : after}
        title={reclaimBytes === null ? undefined : `${formatCount(reclaimBytes)} bytes that no archive which stays refers to`}
      />
      <Figure label="L3 or better" before={String(good(archives))} after={String(good(kept))} />
      <Figure label="Day by day back to" before={dayByDay(plan, archives)} after={dayByDay(plan, kept)} />
      <Figure label="Oldest" before={oldestOf(plan, archives)} after={oldestOf(plan, kept)} />
    </dl>
  )
})

interface FigureProps {
  label: string
  before: string
  /** Null = unknown. */
  after: string | null
  title?: string | undefined
}

function Figure({ label, before, after, title }: FigureProps) {
  return (
    <div title={title}>
      <dt>{label}</dt>
      <dd>
        {before === after ? (
          <>
            {after} <small>same</small>
          </>
        ) : (
          <>
            <span className="was">{before}</span>
            <IconArrowRight {...ICON} size={14} />
            <span className="vh">to</span>
            {after ?? '-'}
          </>
        )}
      </dd>
    </div>
  )
}

const oldestOf = (plan: RetentionPlan, archives: RetentionPlan['archives']) =>
  archives.length === 0 ? '-' : shortDay(archives.at(-1)!.createdAt, plan)

/** `16 Nov`; the year only when it is not that of the plan. */
function shortDay(iso: string, { plannedAt }: RetentionPlan): string {
  const day = formatDay(iso).replace(/^\w+ /, '')
  return iso.slice(0, 4) === plannedAt.slice(0, 4) ? day : `${day} ${iso.slice(0, 4)}`
}

/** How far back each day has an archive, from the newest on; by the policy's days. */
function dayByDay(plan: RetentionPlan, archives: RetentionPlan['archives']): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: plan.timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const days = [...new Set(archives.map(({ createdAt }) => format.format(Date.parse(createdAt))))]
  let reach = days[0]
  for (const day of days.slice(1)) {
    if (Date.parse(reach!) - Date.parse(day) > 86_400_000) break
    reach = day
  }
  return reach === undefined ? '-' : shortDay(`${reach}T00:00:00Z`, plan)
}
