import { getBackupOptions } from '#db/console/tables/backup-options.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startPrune } from '../repository/start-prune.ts'
import { claimPrune, pruneRests } from './prune-schedule.ts'

/** Starts the prune that came due, unless it rests or the host runs what is due; it queues behind whoever writes. Null = none was started. */
export async function startDuePrune(ctx: ServiceContext): Promise<JobId | null> {
  if (listWorkspaces(ctx.consoleDb).every(({ id }) => getBackupOptions(ctx.consoleDb, id).runBy === 'host')) return null
  if (!claimPrune(ctx)) return null
  const rests = pruneRests(ctx)
  if (rests !== null) {
    console.error(`The prune that was due rests. ${rests}`)
    return null
  }
  // What it takes away somebody else has forgotten, with the right to do so.
  const allowed: ServiceContext = Object.create(ctx, { actor: { value: { ...ctx.actor, role: 'lead' } } })
  return (await startPrune(allowed, {})).jobId
}
