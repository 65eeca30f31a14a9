import { pruneArchives } from '#db/catalog/prune-archives.ts'
import { listKnownArchives } from '#db/catalog/queries/find-archive.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { PruneReport } from '#lib/contracts/trash.ts'
import { TRASH_DAYS } from '#lib/contracts/trash-days.ts'
import { type PruneInput, planPrune, runPrune } from '#lib/engine/prune/run-prune.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { absorbChanged } from '../trash/absorb-changed.ts'
import { expectedArchives } from './known-archives.ts'
import { knownRepositories, requireKnownRepository } from './known-repositories.ts'
import { withRepository } from './open-repository.ts'

const DAY_MS = 86_400_000

export interface PruneRepositoriesInput {
  /** Left out = the usual days; 0 = take away now. */
  graceDays?: number | undefined
  /** Left out = every repository that this home knows. */
  repositoryPath?: string | undefined
  signal: AbortSignal
}

export interface PruneJobInput extends PruneRepositoriesInput {
  waitMs: number
  jobId: JobId | null
  command: string
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** What a prune would do now; changes nothing. Only in job and CLI processes. */
export async function planPruneOf(ctx: ServiceContext, input: PruneRepositoriesInput): Promise<PruneReport[]> {
  requireRight(ctx, 'list')
  const reports: PruneReport[] = []
  for (const path of pathsOf(ctx, input)) {
    const startedMs = ctx.clock.monotonicMs()
    const figures = await withRepository(ctx, path, (repository) => planPrune(engineInput(ctx, repository, input)))
    reports.push(reportOf(ctx, path, input, figures, startedMs, true))
  }
  return reports
}

/** Prunes, as a job of this process. */
export function pruneRepositories(ctx: ServiceContext, input: PruneJobInput): Promise<JobWork<PruneReport[]>> {
  requireRight(ctx, 'prune')
  const { jobId, command, signal, onEvent } = input
  const paths = pathsOf(ctx, input)
  const job = {
    kind: 'prune' as const,
    title: 'Prune the repository',
    workspace: null,
    input: { graceDays: input.graceDays ?? TRASH_DAYS },
  }
  return runAsJob(ctx, { ...job, jobId, command, signal, onEvent }, async (reporter) => {
    const result: PruneReport[] = []
    for (const path of paths) result.push(await pruneOne(ctx, path, input, reporter))
    return { outcome: 'success', findings: [], result }
  })
}

async function pruneOne(ctx: ServiceContext, path: string, input: PruneJobInput, reporter: JobReporter): Promise<PruneReport> {
  const startedMs = ctx.clock.monotonicMs()
  return await withRepository(ctx, path, async (repository) => {
    const figures = await runPrune({
      ...engineInput(ctx, repository, input),
      waitMs: input.waitMs,
      onProgress: ({ phase, done, total, bytesDone, bytesTotal, current }) =>
        reporter.progress({ phase, filesDone: done, filesTotal: total, bytesDone, bytesTotal, currentPath: current }),
      onSettled: async (id) => void (await absorbChanged(ctx, repository, id)),
      onExpiring: (ids) => dropRows(ctx, ids),
    })
    await dropStale(ctx, repository, reporter)
    const { expired, reclaimedBytes, waitingBytes } = figures
    reporter.log(
      'info',
      `${expired.length} archives taken away; ${formatBytes(reclaimedBytes)} freed, ${formatBytes(waitingBytes)} wait in the trash.`,
    )
    const detail = { path, graceDays: input.graceDays ?? TRASH_DAYS, expired, reclaimedBytes, waitingBytes }
    recordDone(ctx, reporter, 'repository.prune', { kind: 'repository', id: repository.id }, detail)
    return reportOf(ctx, path, input, figures, startedMs, false)
  })
}

function engineInput(ctx: ServiceContext, repository: Repository, { graceDays, signal }: PruneRepositoriesInput): PruneInput {
  const graceMs = (graceDays ?? TRASH_DAYS) * DAY_MS
  return { repository, clock: ctx.clock, graceMs, journals: ctx.paths.journals, expected: () => expectedArchives(ctx, repository), signal }
}

const pathsOf = (ctx: ServiceContext, { repositoryPath }: PruneRepositoriesInput): string[] =>
  repositoryPath === undefined ? knownRepositories(ctx) : [requireKnownRepository(ctx, repositoryPath)]

/** The catalog's rows of archives that go, and of entries that none of the rest has. */
function dropRows(ctx: ServiceContext, ids: readonly ArchiveId[]): Promise<void> {
  return ctx.withCatalog((catalogDb) => pruneArchives(catalogDb, ids))
}

/** Rows of archives that the repository does not have any more, e.g. after a prune by another host. */
async function dropStale(ctx: ServiceContext, repository: Repository, reporter: JobReporter): Promise<void> {
  try {
    const there = new Set([...(await repository.listArchives()), ...(await repository.listTrashed())])
    const stale = [...listKnownArchives(ctx.catalogDb(), repository.id).keys()].filter((id) => !there.has(id))
    if (stale.length > 0) await dropRows(ctx, stale)
  } catch (error) {
    reporter.log(
      'warning',
      `The repository is pruned, but the catalog was not: ${toAppError(error).message} Run \`orchive catalog rebuild\`.`,
    )
  }
}

function reportOf(
  ctx: ServiceContext,
  repositoryPath: string,
  { graceDays }: PruneRepositoriesInput,
  figures: Omit<PruneReport, 'repositoryPath' | 'graceDays' | 'isDryRun' | 'durationMs' | 'findings'>,
  startedMs: number,
  isDryRun: boolean,
): PruneReport {
  const durationMs = Math.round(ctx.clock.monotonicMs() - startedMs)
  return { ...figures, repositoryPath, graceDays: graceDays ?? TRASH_DAYS, isDryRun, durationMs, findings: [] }
}
