import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { listRungs } from '#db/catalog/queries/get-archive.ts'
import { listArchives } from '#db/catalog/queries/list-archives.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId, WorkspaceId } from '#lib/base/ids.ts'
import { formatCount } from '#lib/base/units.ts'
import type { ArchiveSummary, VerifyLevel, VerifyReport } from '#lib/contracts/archive.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import { VERIFY_LEVELS } from '#lib/engine/verify/verify-types.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'
import { type Candidate, dueOrder } from './due-order.ts'
import { verifyOne, workOf } from './verify-archives.ts'

export interface VerifyDueInput {
  workspaceId: WorkspaceId
  level: VerifyLevel
  /** No further archive is begun after this long; the first one always is. */
  budgetMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** Verifies the archives of a workspace that are due, in the order of `dueOrder`, as a job of this process. */
export function verifyDue(ctx: ServiceContext, input: VerifyDueInput): Promise<JobWork<VerifyReport>> {
  requireRight(ctx, 'verify')
  const { workspaceId, level, budgetMs, jobId, command, signal, onEvent } = input
  if (level === 'drill') {
    throw new AppError('usage', { message: 'A drill is of one archive.', hint: 'Name the archive; --due goes up to the level config.' })
  }
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  const job = {
    kind: 'verify' as const,
    title: `Verify what is due of ${workspace.name}`,
    workspace: { id: workspace.id, name: workspace.name },
    input: { workspaceId, level, budgetMs },
  }
  return runAsJob(ctx, { ...job, jobId, command, signal, onEvent }, async (reporter) => {
    const due = dueArchives(ctx, workspaceId, level)
    const report: VerifyReport = { archives: [], repositoryFindings: [] }
    const begun = await withinBudget(due, budgetMs, ctx.clock.monotonicMs, async ({ id, location }) => {
      report.archives.push(await withRepository(ctx, location, (open) => verifyOne(ctx, open, id, { level, signal }, reporter)))
    })
    const left = due.length - begun
    const suspect = new Set(due.flatMap(({ id, isSuspect }) => (isSuspect ? [id] : [])))
    const more = left === 0 ? 'Nothing else is due.' : `${formatCount(left)} more are due; the time was up.`
    reporter.log('info', `${formatCount(begun)} verified, oldest proof first. ${more}`)
    return workOf(report, suspect)
  })
}

/** Works through a list until the time is up: what is begun is ended, and the first one is always begun. Returns how many were. */
export async function withinBudget<T>(
  list: readonly T[],
  budgetMs: number,
  monotonicMs: () => number,
  work: (one: T) => Promise<void>,
): Promise<number> {
  const startedMs = monotonicMs()
  let begun = 0
  for (const one of list) {
    if (begun > 0 && monotonicMs() - startedMs >= budgetMs) break
    begun++
    await work(one)
  }
  return begun
}

const PAGE = 500

interface DueArchive {
  id: ArchiveId
  location: string
  isSuspect: boolean
}

function dueArchives(ctx: ServiceContext, workspaceId: WorkspaceId, level: Exclude<VerifyLevel, 'drill'>): DueArchive[] {
  const db = ctx.catalogDb()
  const nowMs = ctx.clock.nowMs()
  const archives: (ArchiveSummary & Candidate)[] = []
  let cursor: string | null = null
  do {
    const page: ReturnType<typeof listArchives> = listArchives(db, { workspaceId, cursor, limit: PAGE }, nowMs)
    const rungs = listRungs(
      db,
      page.rows.map(({ id }) => id),
    )
    archives.push(...page.rows.map((row) => ({ ...row, rungs: rungs.get(row.id) ?? [] })))
    cursor = page.nextCursor
  } while (cursor !== null)
  return dueOrder(archives, VERIFY_LEVELS.indexOf(level) + 1, nowMs).map(({ id, suspect }) => ({
    id,
    location: requireArchive(db, id).repository.location,
    isSuspect: suspect,
  }))
}
