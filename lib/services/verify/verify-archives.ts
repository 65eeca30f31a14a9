import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { getWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError, isAppError, toAppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { formatMoment } from '#lib/base/moment-text.ts'
import type { VerifyLevel, VerifyReport, VerifyResult } from '#lib/contracts/archive.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { Finding } from '#lib/engine/finding.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { verifyArchive } from '#lib/engine/verify/verify-archive.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import type { RepositoryHealth, VerifyRung } from '#lib/engine/verify/verify-types.ts'
import { checkSegments } from '../audit/mirror-segments.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { lostArchives } from '../repository/known-archives.ts'
import { knownRepositories } from '../repository/known-repositories.ts'
import { withRepository } from '../repository/open-repository.ts'
import { keepGrade } from './keep-grade.ts'

export interface VerifyInput {
  /** Null = every archive of every known repository, and every object in them. */
  archiveId: ArchiveId | null
  level: VerifyLevel
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** Verifies as a job of this process; each level reached or failed becomes a mark, and so a grade. */
export function verifyArchives(ctx: ServiceContext, input: VerifyInput): Promise<JobWork<VerifyReport>> {
  requireRight(ctx, 'verify')
  if (input.level === 'drill') {
    throw new AppError('usage', { message: 'A drill is of one archive.', hint: 'Name the archive; --all goes up to the level config.' })
  }
  const archive = input.archiveId === null ? null : requireArchive(ctx.catalogDb(), input.archiveId)
  const workspace = archive && getWorkspace(ctx.consoleDb, archive.workspaceId)
  const { jobId, command, signal, onEvent } = input
  const job = {
    kind: 'verify' as const,
    title: archive === null ? 'Verify all archives' : `Verify ${formatMoment(archive.createdAtMs, ctx.clock.nowMs())}`,
    workspace: workspace && { id: workspace.id, name: workspace.name },
    input: { archiveId: input.archiveId, level: input.level },
  }
  return runAsJob(ctx, { ...job, jobId, command, signal, onEvent }, async (reporter) => {
    const report: VerifyReport = { archives: [], repositoryFindings: [] }
    for (const path of archive ? [ctx.readFrom ?? archive.repository.location] : knownRepositories(ctx))
      await withRepository(ctx, path, (repository) => verifyIn(ctx, repository, input, reporter, report))
    return workOf(report)
  })
}

async function verifyIn(ctx: ServiceContext, repository: Repository, input: VerifyInput, reporter: JobReporter, report: VerifyReport) {
  if (input.archiveId !== null) {
    report.archives.push(await verifyOne(ctx, repository, input.archiveId, input, reporter))
    return
  }
  const whole = await verifyEverything(ctx, repository, input, reporter)
  report.repositoryFindings.push(...whole.repositoryFindings, ...(await lostArchives(ctx, repository)))
  report.archives.push(...whole.archives)
  report.checkedFrames = (report.checkedFrames ?? 0) + whole.checkedFrames!
  report.checkedBytes = (report.checkedBytes ?? 0) + whole.checkedBytes!
}

/** Verifies every object of a repository, and every archive that is listed in it. */
export async function verifyEverything(
  ctx: ServiceContext,
  repository: Repository,
  input: Pick<VerifyInput, 'level' | 'signal'>,
  reporter: JobReporter,
): Promise<VerifyReport> {
  const { signal } = input
  const verdict = await verifyRepository({ repository, signal, onProgress: (progress) => reporter.progress(progress) })
  const { findings, health, framesRead: checkedFrames, bytesRead: checkedBytes } = verdict
  const repositoryFindings = [...findings, ...(await checkSegments(repository.objects, signal))]
  const report: VerifyReport = { archives: [], repositoryFindings, checkedFrames, checkedBytes }
  for (const id of await repository.listArchives()) report.archives.push(await verifyOne(ctx, repository, id, input, reporter, health))
  return report
}

/** Verifies one archive and keeps its grade; an archive that cannot even be read is the result L0. */
export async function verifyOne(
  ctx: ServiceContext,
  repository: Repository,
  archiveId: ArchiveId,
  input: Pick<VerifyInput, 'level' | 'signal'>,
  reporter: JobReporter,
  health?: RepositoryHealth,
): Promise<VerifyResult> {
  const startedMs = ctx.clock.monotonicMs()
  try {
    const reader = await repository.reader(archiveId)
    const verdict = await verifyArchive({
      reader,
      manifest: reader.manifest,
      repository,
      level: input.level as Exclude<VerifyLevel, 'drill'>,
      health,
      signal: input.signal,
      onProgress: (progress) => reporter.progress(progress),
    })
    await keepGrade(ctx, repository, archiveId, verdict.rungs, reporter)
    const { grade, findings, framesRead, bytesRead, durationMs } = verdict
    recordDone(
      ctx,
      reporter,
      'archive.verify',
      { kind: 'archive', id: archiveId, workspaceId: reader.manifest.workspaceId },
      { level: input.level, grade },
    )
    return { archiveId, grade, findings, framesRead, bytesRead, durationMs }
  } catch (error) {
    const failure = toAppError(error)
    if (!isAppError(error) || failure.code === 'cancelled' || input.signal.aborted) throw error
    const durationMs = Math.round(ctx.clock.monotonicMs() - startedMs)
    const finding: Finding = { severity: 'error', code: failure.code, path: archiveId, message: failure.message }
    const rung: VerifyRung = { level: 1, passed: false, durationMs, findings: [finding] }
    await keepGrade(ctx, repository, archiveId, [rung], reporter)
    return { archiveId, grade: 0, findings: [finding], framesRead: 0, bytesRead: 0, durationMs }
  }
}

/** Bytes and required items are as the manifest says. */
const GRADE_OF_STRUCTURE = 2

/**
 * How a verify ended: by its worst finding. Of archives that are known as suspect only what is worse than that is a failure: that their content is not
 * as it should be was said when they were taken.
 */
export function workOf(report: VerifyReport, suspect: ReadonlySet<ArchiveId> = new Set()): JobWork<VerifyReport> {
  const findings = [...report.repositoryFindings, ...report.archives.flatMap((archive) => archive.findings)]
  const news = report.archives.filter(({ archiveId, grade }) => !suspect.has(archiveId) || grade < GRADE_OF_STRUCTURE)
  const isBad = [...report.repositoryFindings, ...news.flatMap((archive) => archive.findings)].some(({ severity }) => severity === 'error')
  const isDoubtful = findings.some(({ severity }) => severity !== 'info')
  return { outcome: isBad ? 'failure' : isDoubtful ? 'warning' : 'success', findings, result: report }
}
