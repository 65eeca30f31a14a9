/**
 * When prunes start by themselves. A prune takes away for good what lay in the trash for long enough, so one that nobody started has to be sure of how
 * long that was: it rests unless the audit log has a line for every day of grace, one day apart at most. After a clock that jumped ahead it has none.
 */
import { listAuditDays } from '#db/console/queries/audit-days.ts'
import { getSetting, putSetting } from '#db/console/tables/settings.ts'
import { inTransaction } from '#db/handle.ts'
import type { PruneSchedule, SetPruneScheduleInput } from '#lib/contracts/schedule.ts'
import { TRASH_DAYS } from '#lib/contracts/trash-days.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { newestDue, nextDue } from './due.ts'
import { takenCareOfUntil } from './overdue.ts'
import { assertSchedules } from './workspace-schedule.ts'

const SETTING = 'prune.schedule'
const DAY_MS = 86_400_000
/** After the backup, the proofs and the proposals of the week. */
const DEFAULT_CRON = '30 5 * * 0'

interface Stored {
  schedule: string | null
  timeZone: string
  /** When the newest run that was taken care of had been due; null = no look yet. */
  lastDueAt: string | null
}

function stored(ctx: ServiceContext): Stored {
  const found = getSetting(ctx.consoleDb, SETTING) as Stored | null
  return found ?? { schedule: DEFAULT_CRON, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone, lastDueAt: null }
}

/** When prunes start by themselves, and whether one would now. */
export function showPruneSchedule(ctx: ServiceContext): PruneSchedule {
  requireRight(ctx, 'list')
  const { schedule, timeZone } = stored(ctx)
  const nowMs = ctx.clock.nowMs()
  const next = schedule === null ? null : nextDue(schedule, timeZone, nowMs)
  return {
    schedule,
    timeZone,
    nextRunAt: next === null ? null : new Date(next).toISOString(),
    restsBecause: schedule === null ? null : pruneRests(ctx),
  }
}

/** Changes it; what is left out stays, null = by hand only. */
export function setPruneSchedule(ctx: ServiceContext, input: SetPruneScheduleInput): PruneSchedule {
  requireRight(ctx, 'settings')
  const before = stored(ctx)
  const schedule = input.schedule === undefined ? before.schedule : input.schedule
  const timeZone = input.timeZone ?? before.timeZone
  assertSchedules(timeZone, [schedule])
  const now = new Date(ctx.clock.nowMs()).toISOString()
  putSetting(ctx.consoleDb, SETTING, { schedule, timeZone, lastDueAt: now } satisfies Stored, now)
  record(ctx, 'repository.prune-schedule', { kind: 'settings', id: SETTING }, { schedule, timeZone })
  return showPruneSchedule(ctx)
}

/** Notes that the newest due run is taken care of; false when none is due. Many missed runs are one, and of two consoles on one home one gets it. */
export function claimPrune(ctx: ServiceContext): boolean {
  return inTransaction(ctx.consoleDb, () => {
    const { schedule, timeZone, lastDueAt } = stored(ctx)
    if (schedule === null) return false
    const nowMs = ctx.clock.nowMs()
    const now = new Date(nowMs).toISOString()
    const due = lastDueAt === null ? null : newestDue(schedule, timeZone, takenCareOfUntil([Date.parse(lastDueAt)], nowMs), nowMs)
    if (lastDueAt !== null && due === null) return false
    const taken = due === null ? now : new Date(due).toISOString()
    putSetting(ctx.consoleDb, SETTING, { schedule, timeZone, lastDueAt: taken } satisfies Stored, now)
    return due !== null
  })
}

/** Why no prune should start by itself now; null = the log vouches for the days of grace. */
export function pruneRests(ctx: ServiceContext): string | null {
  const nowMs = ctx.clock.nowMs()
  const days = new Set(listAuditDays(ctx.consoleDb, dayOf(nowMs - (TRASH_DAYS + 1) * DAY_MS), dayOf(nowMs)))
  for (let ago = TRASH_DAYS; ago >= 0; ago--) {
    const [day, before] = [dayOf(nowMs - ago * DAY_MS), dayOf(nowMs - (ago + 1) * DAY_MS)]
    if (days.has(day) || days.has(before)) continue
    return `The audit log has no line of ${before} and ${day}, so nobody can tell how long things have lain in the trash.`
  }
  return null
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
