import { claimJob, finishJob, insertJob, noteWaiting, saveProgress } from '#db/console/tables/jobs.ts'
import { toAppError } from '#lib/base/errors.ts'
import { type JobId, newJobId, type WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { JobEvent, JobKind, JobOutcome } from '#lib/contracts/job.ts'
import { JobRecorder } from '#lib/jobs/job-files.ts'
import { ProgressMeter, type WorkProgress } from '#lib/jobs/progress.ts'
import type { ServiceContext } from '../context.ts'
import { storedIdentity } from './process-of-job.ts'

export interface JobToRun {
  kind: JobKind
  title: string
  command: string
  workspace: { id: WorkspaceId; name: string } | null
  input: unknown
  /** The row that the console made for it; null = make one. */
  jobId: JobId | null
  signal: AbortSignal
  /** Receives every event, for `--json` and the terminal. */
  onEvent?: (event: JobEvent) => void
}

/** What the work may tell while it runs. */
export interface JobReporter {
  jobId: JobId
  progress(work: WorkProgress): void
  log(level: 'info' | 'warning' | 'error', message: string): void
  event(event: JobEvent): void
}

export interface JobWork<T> {
  outcome: Extract<JobOutcome, 'success' | 'warning' | 'failure'>
  findings: Finding[]
  result: T
}

/** Progress goes out at most this often, and always when the phase changes. */
const PROGRESS_MS = 500

/** Runs work as a job of this process: row, record, progress, end. The same from a shell as from the console. */
export async function runAsJob<T>(
  ctx: ServiceContext,
  job: JobToRun,
  work: (reporter: JobReporter) => Promise<JobWork<T>>,
): Promise<JobWork<T>> {
  const at = () => new Date(ctx.clock.realNowMs()).toISOString()
  const jobId = job.jobId ?? newJobId()
  if (job.jobId === null) {
    const { kind, title, command, input } = job
    const row = { id: jobId, kind, title, command, input, workspaceId: job.workspace?.id ?? null, workspace: job.workspace?.name ?? null }
    insertJob(ctx.consoleDb, { ...row, actor: ctx.actor.name, actorId: ctx.actor.id, createdAt: at() })
  }
  claimJob(ctx.consoleDb, jobId, { startedAt: at(), process: storedIdentity(process.pid) })
  const reporter = makeReporter(ctx, job, jobId, at)
  try {
    const done = await work(reporter)
    for (const finding of done.findings) if (finding.severity !== 'info') reporter.log(finding.severity, finding.message)
    endJob(ctx, jobId, { outcome: done.outcome, finishedAt: at(), findings: done.findings, result: done.result })
    return done
  } catch (error) {
    const { code, message, hint } = toAppError(error)
    reporter.log('error', message)
    endJob(ctx, jobId, { outcome: code === 'cancelled' ? 'cancelled' : 'failure', finishedAt: at(), error: { code, message, hint } })
    throw error
  }
}

function makeReporter(ctx: ServiceContext, job: JobToRun, jobId: JobId, at: () => string): JobReporter {
  const recorder = new JobRecorder(ctx.paths.jobs, jobId)
  const meter = new ProgressMeter()
  let lastMs = Number.NEGATIVE_INFINITY
  let lastPhase = ''
  const emit = (event: JobEvent) => {
    recorder.write(event)
    job.onEvent?.(event)
  }
  return {
    jobId,
    event: emit,
    log: (level, message) => emit({ type: 'log', at: at(), level, message }),
    progress(work) {
      const nowMs = ctx.clock.monotonicMs()
      if (work.phase === lastPhase && nowMs - lastMs < PROGRESS_MS) return
      if (work.phase === 'waiting' && work.phase !== lastPhase) noteWaiting(ctx.consoleDb, jobId, work.currentPath)
      if (lastPhase === 'waiting' && work.phase !== 'waiting') noteWaiting(ctx.consoleDb, jobId, null)
      lastMs = nowMs
      lastPhase = work.phase
      const progress = meter.measure(work, nowMs, at())
      saveProgress(ctx.consoleDb, jobId, progress)
      emit({ type: 'progress', ...progress })
    },
  }
}

/** The row's end; a console that ended it as interrupted meanwhile keeps its word. */
function endJob(ctx: ServiceContext, jobId: JobId, end: Parameters<typeof finishJob>[2]): void {
  try {
    finishJob(ctx.consoleDb, jobId, end)
  } catch (error) {
    if (toAppError(error).code !== 'job_state') throw error
  }
}
