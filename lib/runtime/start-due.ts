import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { keepReserve } from '#lib/services/home/reserve-file.ts'
import { reconcileJobs } from '#lib/services/jobs/reconcile-jobs.ts'
import { raiseEvents } from '#lib/services/notify/raise-events.ts'
import { sendDue } from '#lib/services/notify/send-due.ts'
import { startDueSyncs } from '#lib/services/replicas/start-due-syncs.ts'
import { sweepUndos } from '#lib/services/restore/sweep-undos.ts'
import { startDueProposals } from '#lib/services/retention/start-due-proposals.ts'
import { startDueBackups } from '#lib/services/schedule/start-due-backups.ts'
import { startDueProofs } from '#lib/services/schedule/start-due-proofs.ts'
import { startDuePrune } from '#lib/services/schedule/start-due-prune.ts'

/** One look of the console at what is to be done by itself: jobs whose process is gone are ended, what is over is swept, what is due is started. Gives what went wrong with single ones. */
export async function startDue(ctx: ServiceContext): Promise<string[]> {
  reconcileJobs(ctx)
  keepReserve(ctx.paths.reserve)
  const { problems } = await sweepUndos(ctx)
  if (listWorkspaces(ctx.consoleDb).length === 0) return problems
  // Backups first: what is proven at night is what they have just taken.
  await startDueBackups(ctx)
  await startDueSyncs(ctx)
  await startDueProofs(ctx)
  const proposals = await startDueProposals(ctx)
  await startDuePrune(ctx)
  return [...problems, ...proposals.problems]
}

/** Looks what there is to tell, and sends it. */
export async function tellDue(ctx: ServiceContext): Promise<void> {
  raiseEvents(ctx)
  await sendDue(ctx)
}
