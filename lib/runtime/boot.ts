import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { keepReserve } from '#lib/services/home/reserve-file.ts'
import { reconcileJobs } from '#lib/services/jobs/reconcile-jobs.ts'
import { sweepUndos } from '#lib/services/restore/sweep-undos.ts'
import { startDueProposals } from '#lib/services/retention/start-due-proposals.ts'
import { startDueBackups } from '#lib/services/schedule/start-due-backups.ts'
import { startDueProofs } from '#lib/services/schedule/start-due-proofs.ts'
import { StateWatch } from '#lib/services/watch/state-watch.ts'
import { contextFor, getContainer } from './container.ts'

const TICK_MS = 30_000
const KEY = Symbol.for('orchive.boot')
const holder = globalThis as { [KEY]?: boolean }

/**
 * Boots the console's own work, once a process: jobs whose process is gone are ended, living ones are left to go on, and from then on
 * schedules are looked at every half minute, quarantines whose undo is over are removed, and live critical files are watched. A run that was missed while the console was down is made up for once.
 */
export function bootConsole(): void {
  if (holder[KEY]) return
  holder[KEY] = true
  const ctx = contextFor({ id: null, name: 'schedule', role: 'operator', via: 'console' })
  getContainer().consoleDb.pragma('optimize')
  const watch = new StateWatch(ctx)
  const both = () => {
    void tick(ctx)
    // On its own: it waits for files that are being written, and no backup should wait for that.
    watch.tick().catch((error: unknown) => console.error(`Live files could not be looked at: ${toAppError(error).message}`))
  }
  both()
  setInterval(both, TICK_MS).unref()
}

async function tick(ctx: ServiceContext): Promise<void> {
  try {
    reconcileJobs(ctx)
    keepReserve(ctx.paths.reserve)
    for (const problem of (await sweepUndos(ctx)).problems) console.error(problem)
    if (listWorkspaces(ctx.consoleDb).length === 0) return
    // Backups first: what is proven at night is what they have just taken.
    await startDueBackups(ctx)
    await startDueProofs(ctx)
    for (const problem of (await startDueProposals(ctx)).problems) console.error(problem)
  } catch (error) {
    console.error(`Schedules could not be looked at: ${toAppError(error).message}`)
  }
}
