import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { MigrationReport } from '#lib/contracts/migration.ts'
import { type MigrationFigures, runMigration } from '#lib/engine/migrate/run-migration.ts'
import { assertNotReplaced, replacedBy } from '#lib/engine/repository/replaced.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { verifyArchive } from '#lib/engine/verify/verify-archive.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import type { RepositoryHealth } from '#lib/engine/verify/verify-types.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { findingsOf } from '../replicas/move-on.ts'
import { assertIsOurs } from './migration-target.ts'
import { openAt } from './open-repository.ts'
import { switchRepository } from './switch-repository.ts'

export interface MigrateInput {
  /** Folder of a repository that this home knows. */
  from: string
  /** Folder of the new one, which `prepareTarget` made. */
  to: string
  /** Archives that are not taken along; ids, or beginnings of them that fit one. */
  leaveOut: readonly string[]
  /** Makes the new one take over at the end. */
  isSwitch: boolean
  /** Replicas stay at their places then, and need others by hand. */
  areReplicasLeft: boolean
  waitMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/**
 * Writes everything of a repository into the new one and proves it, as a job of this process. Can be run again and again: each run brings what came since. The
 * old repository is only read, until the change-over says in it that it was replaced.
 */
export function migrateRepository(ctx: ServiceContext, input: MigrateInput): Promise<JobWork<MigrationReport>> {
  requireRight(ctx, 'settings')
  const { from, to, isSwitch, jobId, command, signal, onEvent } = input
  const job = { kind: 'migrate' as const, title: `Migrate the repository to ${to}`, workspace: null, input: { from, to, isSwitch } }
  return runAsJob(ctx, { ...job, jobId, command, signal, onEvent }, async (reporter) => {
    const source = await openAt(ctx, from)
    try {
      const target = await openAt(ctx, to)
      try {
        const result = await migrate(ctx, { ...input, source, target }, reporter)
        return {
          outcome: result.findings.some(({ severity }) => severity !== 'info') ? 'warning' : 'success',
          findings: result.findings,
          result,
        }
      } finally {
        target.close()
      }
    } finally {
      source.close()
    }
  })
}

type Open = MigrateInput & { source: Repository; target: Repository }

async function migrate(ctx: ServiceContext, input: Open, reporter: JobReporter): Promise<MigrationReport> {
  const { source, target, from, to, signal } = input
  const startedMs = ctx.clock.monotonicMs()
  await assertIsOurs(source, target)
  if ((await replacedBy(source.objects))?.by !== target.id) await assertNotReplaced(source.objects)
  const leaveOut = await chosenOf(source, input.leaveOut)
  const run = () => runOnce(ctx, input, leaveOut, reporter)
  const sum = await run()
  await proveAll(target, signal, reporter)
  const detail = { from, fromId: source.id, to, archives: sum.archives, written: sum.written.length, leftOut: leaveOut }
  recordDone(ctx, reporter, 'repository.migrate', { kind: 'repository', id: target.id }, detail)
  const catchUp = async () => {
    const late = await run()
    await proveArchives(target, late.written, signal, reporter)
    add(sum, late)
  }
  const switched = input.isSwitch ? await switchRepository(ctx, { ...input, reporter, catchUp }) : null
  reporter.log(
    'info',
    `${sum.archives === 1 ? '1 archive' : `${sum.archives} archives`} in ${to}, ${formatBytes(sum.writtenBytes)} written by this run and everything read back.`,
  )
  return {
    ...{ from, fromId: source.id, to, toId: target.id, isEncrypted: target.master !== null },
    ...sum,
    leftOut: leaveOut,
    isSwitched: switched !== null,
    workspaces: switched?.workspaces ?? [],
    replicas: switched?.replicas ?? [],
    durationMs: Math.round(ctx.clock.monotonicMs() - startedMs),
    findings: [...sum.findings, ...findingsOf(switched?.replicas ?? [])],
  }
}

function runOnce(
  ctx: ServiceContext,
  { source, target, waitMs, signal }: Open,
  leaveOut: readonly ArchiveId[],
  reporter: JobReporter,
): Promise<MigrationFigures> {
  return runMigration({
    ...{ source, target, leaveOut: new Set(leaveOut), clock: ctx.clock, waitMs, signal },
    onProgress: ({ phase, done, total, bytesDone, bytesTotal, current }) =>
      reporter.progress({ phase, filesDone: done, filesTotal: total, bytesDone, bytesTotal, currentPath: current }),
  })
}

function add(sum: MigrationFigures, more: MigrationFigures): void {
  sum.written.push(...more.written)
  sum.archives = more.archives
  sum.readBytes += more.readBytes
  sum.writtenBytes += more.writtenBytes
  sum.findings.push(...more.findings.filter(({ path }) => !sum.findings.some((other) => other.path === path)))
}

/** Reads back every object of the new repository, and looks that every archive has all it needs. */
async function proveAll(target: Repository, signal: AbortSignal, reporter: JobReporter): Promise<void> {
  const { findings, health } = await verifyRepository({ repository: target, signal, onProgress: (progress) => reporter.progress(progress) })
  refuseBad(target, findings)
  await proveArchives(target, [...(await target.listArchives()), ...(await target.listTrashed())], signal, reporter, health)
}

async function proveArchives(
  target: Repository,
  ids: readonly ArchiveId[],
  signal: AbortSignal,
  reporter: JobReporter,
  health?: RepositoryHealth,
): Promise<void> {
  for (const id of ids) {
    const reader = await target.reader(id)
    const { findings } = await verifyArchive({
      ...{ reader, manifest: reader.manifest, repository: target, level: 'bytes', health, signal },
      onProgress: (progress) => reporter.progress(progress),
    })
    refuseBad(target, findings)
  }
}

function refuseBad({ storage }: Repository, findings: readonly Finding[]): void {
  const bad = findings.find(({ severity }) => severity === 'error')
  if (!bad) return
  throw new AppError('validation_failed', {
    message: `What was written to ${storage.location} is not what it should be: ${bad.message}`,
    hint: 'The old repository is as it was, and still in use. Look at that disk; then begin again in another folder.',
  })
}

/** The archives that are meant by what somebody typed; throws `archive_unknown`, `archive_ambiguous`. */
async function chosenOf(source: Repository, typed: readonly string[]): Promise<ArchiveId[]> {
  if (typed.length === 0) return []
  const all = [...(await source.listArchives()), ...(await source.listTrashed())]
  return typed.map((text) => {
    const found = text.length >= 8 ? all.filter((id) => id.startsWith(text)) : []
    if (found.length === 1) return found[0]!
    throw new AppError(found.length === 0 ? 'archive_unknown' : 'archive_ambiguous', {
      message: `${text} is ${found.length === 0 ? 'no archive' : 'the beginning of several archives'} of ${source.storage.location}.`,
      hint: 'See `orchive archives`.',
    })
  })
}
