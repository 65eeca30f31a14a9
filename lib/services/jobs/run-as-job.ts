import { claimJob, finishJob, insertJob, noteWaiting, saveProgress, saveResult } from '#db/console/tables/jobs.ts'
import { inTransaction, type WritableDb, withoutWaiting } from '#db/handle.ts'
import { isAppError, toAppError } from '#lib/base/errors.ts'
import { type JobId, newJobId, type WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { JobEvent, JobKind, JobOutcome } from '#lib/contracts/job.ts'
import { attempt } from '#lib/jobs/attempt.ts'
import { type JobEnding, JobRecorder } from '#lib/jobs/job-files.ts'
import { ProgressMeter, type WorkProgress } from '#lib/jobs/progress.ts'
import type { ServiceContext } from '../context.ts'
import { writeWithReserve } from '../home/reserve-file.ts'
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
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** What the work may tell while it runs. */
export interface JobReporter {
  jobId: JobId
  progress(work: WorkProgress): void
  log(level: 'info' | 'warning' | 'error', message: string): void
  event(event: JobEvent): void
  /** What is done so far: shown while it runs, and the result of a job that is cancelled or killed. */
  soFar(result: unknown): void
}

export interface JobWork<T> {
  outcome: Extract<JobOutcome, 'success' | 'warning' | 'failure'>
  findings: Finding[]
  result: T
}

/** Progress goes out at most this often, and always when the phase changes. */
const PROGRESS_MS = 500
/** A job shorter than this is over before anybody could look at its progress. */
const UNWATCHED_MS = 250

/** Runs work as a job of this process: row, record, progress, end. The same from a shell as from the console. */
export async function runAsJob<T>(
  ctx: ServiceContext,
  job: JobToRun,
  work: (reporter: JobReporter) => Promise<JobWork<T>>,
): Promise<JobWork<T>> {
  const at = () => new Date(ctx.clock.realNowMs()).toISOString()
  const jobId = startRow(ctx, job, at())
  const recorder = new JobRecorder(ctx.paths.jobs, jobId, (write) => writeWithReserve(ctx.paths.reserve, write))
  const end = (ending: Pick<JobEnding, 'outcome'> & Partial<JobEnding>) => {
    const whole = { finishedAt: at(), findings: [], result: null, error: null, ...ending }
    recorder.end(whole)
    endRow(ctx, jobId, whole)
  }
  try {
    const done = await work(makeReporter(ctx, job, { jobId, recorder, at }))
    // Verbs tell people their findings themselves; here they go into the log.
    for (const { severity, message } of done.findings) if (severity !== 'info') recorder.write(logLine(at(), severity, message))
    end(done)
    return done
  } catch (error) {
    const { code, message, hint } = toAppError(error)
    const isCancelled = code === 'cancelled' || (job.signal.aborted && !isAppError(error))
    if (!isCancelled) recorder.write(logLine(at(), 'error', message))
    end(isCancelled ? { outcome: 'cancelled' } : { outcome: 'failure', error: { code, message, hint } })
    throw error
  }
}

/** The job's row, running; throws `job_state` when the console's row was cancelled before this process came to it. */
function startRow(ctx: ServiceContext, job: JobToRun, at: string): JobId {
  const jobId = job.jobId ?? newJobId()
  const write = () => {
    if (job.jobId === null) {
      const { kind, title, command, input } = job
      const row = { id: jobId, kind, title, command, input, workspaceId: job.workspace?.id ?? null, workspace: job.workspace?.name ?? null }
      insertJob(ctx.consoleDb, { ...row, actor: ctx.actor.name, actorId: ctx.actor.id, createdAt: at })
    }
    claimJob(ctx.consoleDb, jobId, { startedAt: at, process: storedIdentity(process.pid) })
  }
  // After a power cut nothing of the work is left either.
  withoutWaiting(ctx.consoleDb, () => inTransaction(ctx.consoleDb, write))
  return jobId
}

function makeReporter(
  ctx: ServiceContext,
  job: JobToRun,
  { jobId, recorder, at }: { jobId: JobId; recorder: JobRecorder; at: () => string },
): JobReporter {
  const meter = new ProgressMeter()
  const startedMs = ctx.clock.monotonicMs()
  let lastMs = Number.NEGATIVE_INFINITY
  let lastPhase = ''
  const emit = (event: JobEvent) => {
    recorder.write(event)
    job.onEvent?.(event)
  }
  return {
    jobId,
    event: emit,
    soFar: (result) => watched(ctx, (db) => saveResult(db, jobId, result)),
    log: (level, message) => emit(logLine(at(), level, message)),
    progress(work) {
      const nowMs = ctx.clock.monotonicMs()
      if (work.phase === lastPhase && nowMs - lastMs < PROGRESS_MS) return
      const isWaiting = work.phase === 'waiting'
      if (isWaiting !== (lastPhase === 'waiting'))
        watched(ctx, (db) => noteWaiting(db, jobId, isWaiting ? (work.currentPath ?? 'another writer') : null))
      lastMs = nowMs
      lastPhase = work.phase
      const progress = meter.measure(work, nowMs, at())
      if (nowMs - startedMs >= UNWATCHED_MS) watched(ctx, (db) => saveProgress(db, jobId, progress))
      emit({ type: 'progress', ...progress })
    },
  }
}

const logLine = (at: string, level: 'info' | 'warning' | 'error', message: string): JobEvent => ({ type: 'log', at, level, message })

/** The row's end. A console that ended it meanwhile keeps its word; a row that cannot be written is made good from the record. */
function endRow(ctx: ServiceContext, jobId: JobId, ending: JobEnding): void {
  attempt(() => writeWithReserve(ctx.paths.reserve, () => finishJob(ctx.consoleDb, jobId, ending)))
}

/** What is only there to be looked at: waiting for the disk would hold up the work, for seconds while a restore fills the disk's queue. */
function watched(ctx: ServiceContext, write: (db: WritableDb) => unknown): void {
  attempt(() => withoutWaiting(ctx.consoleDb, () => write(ctx.consoleDb)))
}
