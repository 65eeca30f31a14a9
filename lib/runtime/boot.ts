import { Cron } from 'croner'
import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { listWorkspaces, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { reconcileJobs } from '#lib/services/jobs/read-jobs.ts'
import { startBackup } from '#lib/services/jobs/start-job.ts'
import { contextFor, getContainer } from './container.ts'

const TICK_MS = 30_000
const KEY = Symbol.for('orchive.boot')
const holder = globalThis as { [KEY]?: boolean }

/**
 * Boots the console's own work, once a process: jobs whose process is gone are ended, living ones are left to go on, and from then on
 * schedules are looked at every half minute. A run that was missed while the console was down is made up for once.
 */
export function bootConsole(): void {
  if (holder[KEY]) return
  holder[KEY] = true
  const ctx = contextFor({ id: null, name: 'schedule', role: 'operator', via: 'console' })
  getContainer().consoleDb.pragma('optimize')
  void tick(ctx)
  setInterval(() => void tick(ctx), TICK_MS).unref()
}

async function tick(ctx: ServiceContext): Promise<void> {
  try {
    reconcileJobs(ctx)
    await startDueBackups(ctx)
  } catch (error) {
    console.error(`Schedules could not be looked at: ${toAppError(error).message}`)
  }
}

/** Starts the backup of each workspace whose newest due time has passed without an archive or a start. */
async function startDueBackups(ctx: ServiceContext): Promise<void> {
  const nowMs = ctx.clock.nowMs()
  for (const workspace of listWorkspaces(ctx.consoleDb)) {
    if (workspace.schedule === null) continue
    const newestAt = newestArchiveAt(ctx, workspace.id)
    const since = Math.max(Date.parse(workspace.lastDueAt ?? workspace.createdAt), newestAt ?? 0)
    const due = lastDueBetween(workspace.schedule, workspace.timeZone, since, nowMs)
    if (due === null) continue
    updateWorkspace(ctx.consoleDb, workspace.id, { lastDueAt: new Date(due).toISOString() }, new Date(nowMs).toISOString())
    await startBackup(ctx, { workspaceId: workspace.id })
  }
}

/** The newest moment in (from, to] at which the schedule came due; null when it did not. Many missed runs count as one. */
function lastDueBetween(schedule: string, timeZone: string, fromMs: number, toMs: number): number | null {
  const cron = new Cron(schedule, { timezone: timeZone, paused: true })
  let last: number | null = null
  let at = cron.nextRun(new Date(fromMs))
  for (let i = 0; at && at.getTime() <= toMs && i < 10_000; i++) {
    last = at.getTime()
    at = cron.nextRun(at)
  }
  return last
}

function newestArchiveAt(ctx: ServiceContext, workspaceId: string): number | null {
  try {
    const { newest } = getWorkspaceFacts(ctx.catalogDb(), workspaceId, ctx.clock.nowMs())
    return newest ? Date.parse(newest.createdAt) : null
  } catch (error) {
    if (toAppError(error).code.startsWith('catalog_')) return null
    throw error
  }
}
