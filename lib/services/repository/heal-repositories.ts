import { resolve } from 'node:path'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import type { VerifyReport } from '#lib/contracts/archive.ts'
import type { HealReport } from '#lib/contracts/heal.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { Finding } from '#lib/engine/finding.ts'
import { type HealFigures, type HealInput, healRepository } from '#lib/engine/heal/heal-repository.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withReplicas } from '../replicas/with-replicas.ts'
import { absorbChanged } from '../trash/absorb-changed.ts'
import { verifyEverything } from '../verify/verify-archives.ts'
import { knownArchives } from './known-archives.ts'
import { knownRepositories, requireKnownRepository } from './known-repositories.ts'
import { withRepository } from './open-repository.ts'

export interface HealRepositoriesInput {
  /** Left out = every repository that this home knows. */
  repositoryPath?: string | undefined
  /** Folders of other repositories that may have what is lost; the home's own others are asked anyway. */
  from: readonly string[]
  signal: AbortSignal
}

export interface HealJobInput extends HealRepositoriesInput {
  waitMs: number
  jobId: JobId | null
  command: string
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** What healing would find; changes nothing. Only in job and CLI processes. */
export async function planHeal(ctx: ServiceContext, input: HealRepositoriesInput): Promise<HealReport[]> {
  requireRight(ctx, 'restore')
  return await healEach(ctx, input, { isDryRun: true, waitMs: 0 }, null)
}

/** Heals, then verifies everything where something was changed, as a job of this process. */
export function healRepositories(ctx: ServiceContext, input: HealJobInput): Promise<JobWork<HealReport[]>> {
  requireRight(ctx, 'restore')
  const { jobId, command, signal, onEvent, waitMs } = input
  const job = { kind: 'heal' as const, title: 'Heal the repository', workspace: null, input: { from: input.from } }
  return runAsJob(ctx, { ...job, jobId, command, signal, onEvent }, async (reporter) => {
    const result = await healEach(ctx, input, { isDryRun: false, waitMs }, reporter)
    const findings = result.flatMap(findingsOf)
    return { outcome: findings.length > 0 ? 'warning' : 'success', findings, result }
  })
}

async function healEach(
  ctx: ServiceContext,
  input: HealRepositoriesInput,
  how: Pick<HealInput, 'isDryRun' | 'waitMs'>,
  reporter: JobReporter | null,
): Promise<HealReport[]> {
  const paths = input.repositoryPath === undefined ? knownRepositories(ctx) : [requireKnownRepository(ctx, input.repositoryPath)]
  const reports: HealReport[] = []
  for (const path of paths) {
    const others = [...new Set([...input.from.map((folder) => resolve(folder)), ...knownRepositories(ctx)])].filter(
      (other) => other !== path,
    )
    const heal = (repository: Repository, opened: Repository[]) =>
      healOne(ctx, { path, repository, others: opened }, { ...input, ...how }, reporter)
    reports.push(
      await withRepository(ctx, path, (repository) =>
        withOthers(ctx, others, input.from, [], (opened) =>
          withReplicas(ctx, repository.id, input.signal, (copies) => heal(repository, [...opened, ...copies])),
        ),
      ),
    )
  }
  return reports
}

/** Opens repositories to read from; one that was named has to be there, of the home's own one that cannot be opened is left out. */
async function withOthers<T>(
  ctx: ServiceContext,
  folders: readonly string[],
  named: readonly string[],
  opened: Repository[],
  work: (opened: Repository[]) => Promise<T>,
): Promise<T> {
  const [folder, ...rest] = folders
  if (folder === undefined) return await work(opened)
  let isOpen = false
  try {
    return await withRepository(ctx, folder, (repository) => {
      isOpen = true
      return withOthers(ctx, rest, named, [...opened, repository], work)
    })
  } catch (error) {
    if (isOpen || named.some((name) => resolve(name) === folder) || !isAppError(error)) throw error
    return await withOthers(ctx, rest, named, opened, work)
  }
}

async function healOne(
  ctx: ServiceContext,
  { path, repository, others }: { path: string; repository: Repository; others: Repository[] },
  { isDryRun, waitMs, signal }: { isDryRun: boolean; waitMs: number; signal: AbortSignal },
  reporter: JobReporter | null,
): Promise<HealReport> {
  const startedMs = ctx.clock.monotonicMs()
  const expected = [...knownArchives(ctx, repository).keys()]
  const figures = await healRepository({
    ...{ repository, others, expected, isDryRun, waitMs, signal, clock: ctx.clock },
    onProgress: (progress) => reporter?.progress(progress),
  })
  const verified = reporter && isChanged(figures) ? await proveHealed(ctx, repository, figures, { signal }, reporter) : null
  return { repositoryPath: path, isDryRun, durationMs: Math.round(ctx.clock.monotonicMs() - startedMs), ...figures, verified }
}

const isChanged = ({ putRight, setAside, lostFrames, stillLost }: HealFigures) =>
  putRight.length + setAside.length > 0 || lostFrames > stillLost

/** Grades from before say nothing any more: everything is read again. */
async function proveHealed(
  ctx: ServiceContext,
  repository: Repository,
  figures: HealFigures,
  { signal }: { signal: AbortSignal },
  reporter: JobReporter,
): Promise<VerifyReport> {
  const { lostFrames, stillLost, putRight, setAside, found } = figures
  reporter.log('info', `${lostFrames - stillLost} of ${lostFrames} lost frames found again; ${setAside.length} damaged objects set aside.`)
  for (const name of putRight) {
    const id = /(arc_[0-9a-f]{24})\.mft\.zst$/.exec(name)?.[1] as ArchiveId | undefined
    if (id) await absorbChanged(ctx, repository, id)
  }
  const detail = { lostFrames, stillLost, found, putRight: putRight.length, setAside: setAside.length }
  recordDone(ctx, reporter, 'repository.heal', { kind: 'repository', id: repository.id }, detail)
  return await verifyEverything(ctx, repository, { level: 'config', signal }, reporter)
}

/** What stays lost, and what the look at everything afterwards found. */
function findingsOf(report: HealReport): Finding[] {
  const lost: Finding[] = report.affected.map(({ archiveId, entries, paths }) => ({
    severity: 'error',
    code: 'frame_missing',
    path: archiveId,
    message: `${entries === 1 ? '1 entry' : `${entries} entries`} cannot be given back, ${paths[0]} first. A backup that meets the same content stores it again.`,
  }))
  const unreadable: Finding[] = report.unreadable.map((id) => ({
    severity: 'error',
    code: 'repository_damaged',
    path: id,
    message: 'Its manifest is lost, and no repository that was asked has it.',
  }))
  return [...lost, ...unreadable, ...(report.verified?.repositoryFindings ?? []).filter(({ severity }) => severity !== 'info')]
}
