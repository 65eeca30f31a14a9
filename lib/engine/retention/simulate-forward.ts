/** How a policy will have worked after a year of daily backups: the same plan, applied each week. */
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveFacts } from './archive-facts.ts'
import { decideRetention, type PlanInput } from './plan-retention.ts'

const DAY_MS = 86_400_000
const STEP_DAYS = 7
/** From so many archives on it is looked at every fourth week only, so that the answer does not take seconds. */
const MANY = 2_000

export interface SimulatedStep {
  atMs: number
  /** Archives there after the plan of that day was applied. */
  archives: number
  /** How many the plan of that day let go. */
  forgotten: number
  oldestMs: number
}

/**
 * Step by step from now on, oldest first. Holds stay as they are; new archives are sound, none is graded. Where retention rests, as if somebody
 * had accepted what it rests for.
 */
export function simulateForward(input: PlanInput, days = 364): SimulatedStep[] {
  let archives = input.archives.map((one): ArchiveFacts => ({ ...one, suspect: false, accepted: true }))
  const steps: SimulatedStep[] = []
  const startMs = archives.reduce((newest, { createdAtMs }) => (createdAtMs <= input.nowMs ? Math.max(newest, createdAtMs) : newest), 0)
  let nextDay = STEP_DAYS
  for (let day = 1; day <= days; day++) {
    const atMs = (startMs || input.nowMs) + day * DAY_MS
    archives.push(dailyBackup(day, atMs))
    if (day < nextDay) continue
    const plan = decideRetention({ ...input, archives, nowMs: atMs })
    const kept = new Set(plan.archives.filter(({ keep }) => keep).map(({ archiveId }) => archiveId))
    archives = archives.filter(({ id }) => kept.has(id))
    const oldestMs = archives.reduce((oldest, { createdAtMs }) => Math.min(oldest, createdAtMs), atMs)
    steps.push({ atMs, archives: kept.size, forgotten: plan.forgetCount, oldestMs })
    nextDay = day + (archives.length > MANY ? 4 * STEP_DAYS : STEP_DAYS)
  }
  return steps
}

function dailyBackup(day: number, createdAtMs: number): ArchiveFacts {
  const id: ArchiveId = `arc_${day.toString(16).padStart(24, 'f')}`
  const plain = {
    note: null,
    grade: null,
    suspect: false,
    accepted: false,
    hold: null,
    knownGoodUntilMs: null,
    neededBy: null,
    released: false,
  }
  return { id, kind: 'backup', createdAtMs, ...plain }
}
