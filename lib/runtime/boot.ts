import { toAppError } from '#lib/base/errors.ts'
import { MirrorKeeper } from '#lib/services/audit/mirror-keeper.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { metricsToken } from '#lib/services/metrics/metrics-token.ts'
import { StateWatch } from '#lib/services/watch/state-watch.ts'
import { contextFor, getContainer } from './container.ts'
import { noteLook } from './last-look.ts'
import { startedBy, surviveLostOutput } from './orphaned.ts'
import { processMetrics } from './process-metrics.ts'
import { startDue, tellDue } from './start-due.ts'

const TICK_MS = 30_000
const KEY = Symbol.for('orchive.boot')
const holder = globalThis as { [KEY]?: boolean }

/**
 * Boots the console's own work, once a process: jobs whose process is gone are ended, living ones are left to go on, and from then on
 * schedules are looked at every half minute, quarantines whose undo is over are removed, live critical files are watched, and who wants to know is told. A run that was missed while the console was down is made up for once.
 */
export function bootConsole(): void {
  if (holder[KEY]) return
  holder[KEY] = true
  surviveLostOutput()
  processMetrics()
  const starter = startedBy()
  const ctx = contextFor({ id: null, name: 'schedule', role: 'operator', via: 'console' })
  getContainer().consoleDb.pragma('optimize')
  // There before the first scrape, so that it can be put into a scraper's configuration.
  metricsToken(ctx)
  const watch = new StateWatch(ctx)
  const mirrors = new MirrorKeeper(ctx)
  const both = () => {
    if (starter.isGone()) process.kill(process.pid, 'SIGTERM')
    void tick(ctx)
    // On its own: it waits for files that are being written, and no backup should wait for that.
    void notify(ctx)
    mirrors.tick().catch((error: unknown) => console.error(`The audit log could not be copied: ${toAppError(error).message}`))
    watch.tick().catch((error: unknown) => console.error(`Live files could not be looked at: ${toAppError(error).message}`))
  }
  both()
  setInterval(both, TICK_MS).unref()
}

let isNotifying = false
/** Looks what there is to tell, and sends it; a channel that hangs delays nothing but the other channels, and these by seconds. */
async function notify(ctx: ServiceContext): Promise<void> {
  if (isNotifying) return
  isNotifying = true
  try {
    await tellDue(ctx)
  } catch (error) {
    console.error(`Notifications could not be sent: ${toAppError(error).message}`)
  } finally {
    isNotifying = false
  }
}

async function tick(ctx: ServiceContext): Promise<void> {
  try {
    for (const problem of await startDue(ctx)) console.error(problem)
    noteLook()
  } catch (error) {
    console.error(`Schedules could not be looked at: ${toAppError(error).message}`)
  }
}
