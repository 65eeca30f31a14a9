/** How a policy will have worked after a year of daily backups: the same plan, applied each week. */
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveFacts } from './archive-facts.ts'
import { type PlanInput, planRetention } from './plan-retention.ts'

const DAY_MS = 86_400_000
const STEP_DAYS = 7

export interface SimulatedWeek {
  atMs: number
  /** Archives there after the plan of that day was applied. */
  archives: number
  /** How many the plan of that day let go. */
  forgotten: number
  oldestMs: number
}

/** Week by week from now on. Vetoes stay as they are; new archives are sound, none is graded. */
export function simulateForward(input: PlanInput, days = 364): SimulatedWeek[] {
  let archives = [...input.archives]
  const weeks: SimulatedWeek[] = []
  const startMs = Math.max(input.nowMs, ...archives.map(({ createdAtMs }) => createdAtMs).filter((ms) => ms <= input.nowMs))
  for (let day = 1; day <= days; day++) {
    const atMs = startMs + day * DAY_MS
    archives.push(dailyBackup(day, atMs))
    if (day % STEP_DAYS !== 0) continue
    const plan = planRetention({ ...input, archives, nowMs: atMs })
    const kept = new Set(plan.archives.filter(({ keep }) => keep).map(({ archiveId }) => archiveId))
    archives = archives.filter(({ id }) => kept.has(id))
    weeks.push({ atMs, archives: kept.size, forgotten: plan.forgetCount, oldestMs: Math.min(...archives.map((one) => one.createdAtMs)) })
  }
  return weeks
}

function dailyBackup(day: number, createdAtMs: number): ArchiveFacts {
  const id: ArchiveId = `arc_${day.toString(16).padStart(24, 'f')}`
  return {
    id,
    kind: 'backup',
    createdAtMs,
    note: null,
    grade: null,
    suspect: false,
    accepted: false,
    hold: null,
    undoUntil: null,
    released: false,
  }
}
