import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { finishJob, insertJob, noteProcess } from '#db/console/tables/jobs.ts'
import { toAppError } from '#lib/base/errors.ts'
import { type JobId, newJobId, type WorkspaceId } from '#lib/base/ids.ts'
import type { JobKind } from '#lib/contracts/job.ts'
import type { Right } from '#lib/contracts/rights.ts'
import { attempt } from '#lib/jobs/attempt.ts'
import { commandLine } from '#lib/jobs/command-line.ts'
import { startDetached } from '#lib/jobs/spawn-verb.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { READERS, SWAPPERS, WRITERS } from './kinds-of-work.ts'
import { storedIdentity } from './process-of-job.ts'
import { reconcileJobs } from './reconcile-jobs.ts'

/** A job that finds the repository in use queues for as long as a day. */
export const WAIT_SECONDS = 86_400

/** A job to be: who may start it, what it runs, and what it is about. */
export interface JobStart {
  right: Right
  kind: JobKind
  title: string
  /** The verb and its arguments, as a person would type them. */
  argv: string[]
  workspace: { id: WorkspaceId; name: string } | null
  input: unknown
  object: { kind: string; id: string }
}

/** Makes the row of a job, says so in the audit log and starts its process. */
export async function startJob(ctx: ServiceContext, request: JobStart): Promise<{ jobId: JobId }> {
  requireRight(ctx, request.right)
  const jobId = newJobId()
  const ahead = READERS.has(request.kind) ? undefined : listOpenJobs(ctx.consoleDb).find((job) => !READERS.has(job.kind))
  insertJob(ctx.consoleDb, {
    id: jobId,
    kind: request.kind,
    workspaceId: request.workspace?.id ?? null,
    workspace: request.workspace?.name ?? null,
    title: request.title,
    command: commandLine(request.argv),
    input: request.input,
    actor: ctx.actor.name,
    actorId: ctx.actor.id,
    createdAt: new Date(ctx.clock.realNowMs()).toISOString(),
    waitsFor: ahead ? `${ahead.title} (${ahead.id})` : null,
  })
  record(ctx, `${request.kind}.start`, { ...request.object, workspaceId: request.workspace?.id ?? null }, { jobId })
  const wait = WRITERS.has(request.kind) ? ['--wait', String(WAIT_SECONDS)] : []
  try {
    const program = { launcher: ctx.launcher, home: ctx.paths.home, actor: ctx.actor }
    const pid = await startDetached(program, ctx.paths.jobs, jobId, withOptions(request.argv, wait), {
      onExit: () => attempt(() => reconcileJobs(ctx)),
      isYielding: !SWAPPERS.has(request.kind),
    })
    attempt(() => noteProcess(ctx.consoleDb, jobId, storedIdentity(pid)))
  } catch (error) {
    const { code, message, hint } = toAppError(error)
    finishJob(ctx.consoleDb, jobId, {
      outcome: 'failure',
      finishedAt: new Date(ctx.clock.realNowMs()).toISOString(),
      error: { code, message, hint },
    })
    throw error
  }
  return { jobId }
}

/** Options go before the `--` that ends them. */
function withOptions(argv: string[], more: string[]): string[] {
  const end = argv.indexOf('--')
  return end === -1 ? [...argv, ...more] : [...argv.slice(0, end), ...more, ...argv.slice(end)]
}
