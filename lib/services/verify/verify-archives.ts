import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError, toAppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import type { VerifyLevel, VerifyResult } from '#lib/contracts/archive.ts'
import type { Grade } from '#lib/contracts/common.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { Finding } from '#lib/engine/finding.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { verifyArchive } from '#lib/engine/verify/verify-archive.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import type { RepositoryHealth } from '#lib/engine/verify/verify-types.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { absorbMarks } from '../catalog/absorb-archive.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'

/** A proof counts this long. */
const PROOF_MS = 30 * 86_400_000

export interface VerifyInput {
  /** Null = every archive of the default repository, and every object in it. */
  archiveId: ArchiveId | null
  level: VerifyLevel
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: (event: JobEvent) => void
}

export interface VerifyReport {
  archives: VerifyResult[]
  /** Objects of the repository that are damaged, whatever archive they belong to; only with all. */
  repositoryFindings: Finding[]
}

/** Verifies as a job of this process; each level reached or failed becomes a mark, and so a grade. */
export function verifyArchives(ctx: ServiceContext, input: VerifyInput): Promise<JobWork<VerifyReport & Partial<VerifyResult>>> {
  requireRight(ctx, 'verify')
  if (input.level === 'drill')
    throw new AppError('usage', { message: 'Drills are not built yet.', hint: 'Use --level bytes, structure, content or config.' })
  const archive = input.archiveId === null ? null : requireArchive(ctx.catalogDb(), input.archiveId)
  const workspace = archive === null ? null : requireWorkspace(ctx.consoleDb, archive.workspaceId)
  const job = {
    kind: 'verify' as const,
    title: archive === null ? 'Verify all archives' : `Verify ${archive.id}`,
    workspace: workspace && { id: workspace.id, name: workspace.name },
  }
  return runAsJob(ctx, { ...job, ...input, input: { archiveId: input.archiveId, level: input.level } }, (reporter) =>
    withRepository(archive?.repository.location ?? ctx.paths.repository, async (repository) => {
      const ids = input.archiveId === null ? await repository.listArchives() : [input.archiveId]
      const report: VerifyReport = { archives: [], repositoryFindings: [] }
      let health: RepositoryHealth | undefined
      if (input.archiveId === null) {
        const verdict = await verifyRepository({ repository, signal: input.signal, onProgress: (progress) => reporter.progress(progress) })
        report.repositoryFindings = verdict.findings
        health = verdict.health
      }
      for (const id of ids) report.archives.push(await verifyOne(ctx, repository, id, input, reporter, health))
      return workOf(report)
    }),
  )
}

async function verifyOne(
  ctx: ServiceContext,
  repository: Repository,
  archiveId: ArchiveId,
  input: VerifyInput,
  reporter: JobReporter,
  health: RepositoryHealth | undefined,
): Promise<VerifyResult> {
  const startedMs = ctx.clock.monotonicMs()
  try {
    const reader = await repository.reader(archiveId)
    const level = input.level as Exclude<VerifyLevel, 'drill'>
    const verdict = await verifyArchive({
      reader,
      manifest: reader.manifest,
      repository,
      level,
      health,
      signal: input.signal,
      onProgress: (progress) => reporter.progress(progress),
    })
    // One moment for all rungs: a level that passed must not look later than one below it that failed.
    const nowMs = ctx.clock.nowMs()
    for (const rung of verdict.rungs) await mark(ctx, repository, archiveId, rung, nowMs)
    await absorb(ctx, repository, archiveId, reporter)
    record(ctx, 'archive.verify', { kind: 'archive', id: archiveId }, { level, grade: verdict.grade })
    const { grade, findings, framesRead, bytesRead, durationMs } = verdict
    return { archiveId, grade: grade as Grade, findings, framesRead, bytesRead, durationMs }
  } catch (error) {
    const failure = toAppError(error)
    if (failure.code === 'cancelled' || failure.code === 'internal' || input.signal.aborted) throw error
    const findings: Finding[] = [{ severity: 'error', code: failure.code, path: archiveId, message: failure.message }]
    return { archiveId, grade: 0, findings, framesRead: 0, bytesRead: 0, durationMs: Math.round(ctx.clock.monotonicMs() - startedMs) }
  }
}

interface Rung {
  level: 1 | 2 | 3 | 4 | 5
  passed: boolean
  durationMs: number
  findings: Finding[]
}

async function mark(ctx: ServiceContext, repository: Repository, archiveId: ArchiveId, rung: Rung, nowMs: number): Promise<void> {
  await repository.addMark(archiveId, {
    kind: 'grade',
    at: new Date(nowMs).toISOString(),
    actor: ctx.actor.name,
    level: rung.level,
    passed: rung.passed,
    durationMs: Math.round(rung.durationMs),
    expiresAt: new Date(nowMs + PROOF_MS).toISOString(),
    findings: rung.findings.slice(0, 50),
  })
}

async function absorb(ctx: ServiceContext, repository: Repository, archiveId: ArchiveId, reporter: JobReporter): Promise<void> {
  try {
    await ctx.withCatalog((catalogDb) => absorbMarks({ repository, catalogDb }, archiveId))
  } catch (error) {
    reporter.log('warning', `The grade is kept in the repository, but the catalog did not take it in: ${toAppError(error).message}`)
  }
}

/** The result of one archive stands at the top as well, where readers of a single check look for it. */
function workOf(report: VerifyReport): JobWork<VerifyReport & Partial<VerifyResult>> {
  const [only] = report.archives.length === 1 ? report.archives : []
  const findings = [...report.repositoryFindings, ...report.archives.flatMap((archive) => archive.findings)]
  const isBad = findings.some(({ severity }) => severity === 'error')
  return {
    outcome: isBad ? 'failure' : findings.some(({ severity }) => severity === 'warning') ? 'warning' : 'success',
    findings,
    result: only ? { ...report, ...only } : report,
  }
}
