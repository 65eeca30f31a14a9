import { newestWholeMs } from '#db/catalog/queries/newest-whole.ts'
import { getBackupOptions } from '#db/console/tables/backup-options.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '../context.ts'
import { nextDue } from './due.ts'
import { jitterMs } from './jitter.ts'

/** A time further ahead than this was written by a clock that was wrong; waiting for it would end the schedule in silence. */
const CLOCK_WAS_WRONG_MS = 86_400_000
/** A scheduled run counts as overdue this long after it should have started. */
const OVERDUE_AFTER_MS = 30 * 60_000

/** The next run of a workspace, and since when one is missing. */
export interface RunState {
  nextRunAt: string | null
  overdueSince: string | null
}

/**
 * The one rule of what is overdue, for the Overview, `orchive status`, metrics and notifications: a run came due after the newest archive
 * (or after a scheduled run that found nothing changed), and half an hour has passed.
 */
export function runStateOf(ctx: ServiceContext, workspace: WorkspaceRecord): RunState {
  const { id, schedule, timeZone, createdAt } = workspace
  if (schedule === null) return { nextRunAt: null, overdueSince: null }
  const { jitterMinutes, unchangedAt } = getBackupOptions(ctx.consoleDb, id)
  const nowMs = ctx.clock.nowMs()
  const offsetMs = jitterMs(id, jitterMinutes)
  const doneMs = takenCareOfUntil(
    [Date.parse(createdAt), newestArchiveMs(ctx, id), unchangedAt === null ? 0 : Date.parse(unchangedAt)],
    nowMs,
  )
  const due = nextDue(schedule, timeZone, doneMs)
  const next = nextDue(schedule, timeZone, nowMs - offsetMs)
  return {
    nextRunAt: next === null ? null : new Date(next + offsetMs).toISOString(),
    overdueSince: due !== null && due + offsetMs + OVERDUE_AFTER_MS < nowMs ? new Date(due).toISOString() : null,
  }
}

/** Up to when nothing is missing. A clock that was set back a little is waited for, so that no run is made twice; one that had been far ahead is not. */
export function takenCareOfUntil(times: readonly number[], nowMs: number): number {
  const known = times.filter((time) => time - nowMs <= CLOCK_WAS_WRONG_MS)
  return known.length > 0 ? Math.max(...known) : nowMs - CLOCK_WAS_WRONG_MS
}

/** When the newest whole archive was taken that no clock far ahead has dated; 0 without one, or without a catalog to ask. */
export function newestArchiveMs(ctx: ServiceContext, workspaceId: string): number {
  try {
    return newestWholeMs(ctx.catalogDb(), workspaceId, ctx.clock.nowMs() + CLOCK_WAS_WRONG_MS) ?? 0
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('catalog_')) return 0
    throw error
  }
}
