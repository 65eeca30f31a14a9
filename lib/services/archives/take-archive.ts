import { join } from 'node:path'
import { changeBackupOptions } from '#db/console/tables/backup-options.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { toAppError } from '#lib/base/errors.ts'
import { type JobId, newSeriesId } from '#lib/base/ids.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { ArchiveKind, BackupResult } from '#lib/contracts/archive.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import { type BackupOutcome, runBackup } from '#lib/engine/backup/run-backup.ts'
import type { Lease } from '#lib/engine/repository/lease.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { absorbArchive } from '../catalog/absorb-archive.ts'
import type { ServiceContext } from '../context.ts'
import { assertAboveFloor, floorOf } from '../disk/free-floor.ts'
import { keepReserve } from '../home/reserve-file.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'
import { steadyWorkspace } from '../restore/steady-workspace.ts'
import { sweepUndos } from '../restore/sweep-undos.ts'
import { mapsOrProblem } from '../workspaces/host-maps.ts'
import { resolveNow } from '../workspaces/resolve.ts'

export interface TakeArchiveInput {
  workspace: WorkspaceRecord
  note: string | null
  rescan: boolean
  /** Take no archive when nothing changed since the newest one. */
  skipUnchanged?: boolean | undefined
  waitMs: number
  jobId: JobId | null
  /** As a person would type it. */
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** Backs a workspace up, as a job of this process: config afresh → archive → catalog. */
export function takeArchive(ctx: ServiceContext, input: TakeArchiveInput): Promise<JobWork<BackupResult>> {
  requireRight(ctx, 'back-up')
  const { workspace } = input
  const { floorBytes } = floorOf(ctx, workspace.repositoryPath)
  const job = { kind: 'backup' as const, title: `Back up ${workspace.name}`, workspace: { id: workspace.id, name: workspace.name } }
  return runAsJob(
    ctx,
    {
      ...job,
      command: input.command,
      input: { note: input.note, rescan: input.rescan, skipUnchanged: input.skipUnchanged === true },
      jobId: input.jobId,
      signal: input.signal,
      onEvent: input.onEvent,
    },
    (reporter) => withRepository(ctx, workspace.repositoryPath, (repository) => take(ctx, input, repository, reporter), floorBytes),
  )
}

async function take(
  ctx: ServiceContext,
  input: TakeArchiveInput,
  repository: Repository,
  reporter: JobReporter,
): Promise<JobWork<BackupResult>> {
  const { workspace } = input
  assertAboveFloor(ctx, workspace.repositoryPath)
  keepReserve(ctx.paths.reserve)
  const onNote = (text: string) => reporter.log('warning', text)
  const beforePublish = await steadyWorkspace(ctx, { workspace, waitMs: input.waitMs, signal: input.signal, onNote })
  for (const problem of (await sweepUndos(ctx)).problems) onNote(problem)
  const { manifest, filesRead, isUnchanged } = await archiveWorkspace(ctx, {
    ...input,
    repository,
    resolution: await resolveNow(ctx, workspace),
    kind: 'backup',
    reporter,
    beforePublish,
  })
  if (isUnchanged) {
    reporter.log('info', `Nothing changed since ${manifest.id}; no archive was taken.`)
    noteUnchanged(ctx, workspace, reporter)
    return { outcome: 'success', findings: [], result: { ...workOf(manifest).result, isUnchanged, storedBytes: 0 } }
  }
  reporter.log(
    'info',
    `${manifest.id}: ${plural(manifest.totals.files, 'file')}, ${filesRead} read, ${formatBytes(manifest.totals.storedBytes)} new in the repository.`,
  )
  recordDone(
    ctx,
    reporter,
    'archive.take',
    { kind: 'archive', id: manifest.id, workspaceId: workspace.id },
    { files: manifest.totals.files },
  )
  return workOf(manifest)
}

/** The run was made, whether that can be written down or not. */
function noteUnchanged(ctx: ServiceContext, { id }: WorkspaceRecord, reporter: JobReporter): void {
  const now = new Date(ctx.clock.nowMs()).toISOString()
  try {
    changeBackupOptions(ctx.consoleDb, id, { unchangedAt: now }, now)
  } catch (error) {
    reporter.log('warning', `That nothing changed could not be written down, so the run counts as missed: ${toAppError(error).message}`)
  }
}

export interface ArchiveWorkspaceInput {
  workspace: WorkspaceRecord
  repository: Repository
  /** What the config means right now. */
  resolution: Resolution
  kind: ArchiveKind
  note: string | null
  rescan: boolean
  skipUnchanged?: boolean | undefined
  /** Only these archive paths and the folders on the way to them; default: everything. */
  only?: (path: string) => boolean
  waitMs: number
  signal: AbortSignal
  reporter: JobReporter
  beforePublish?: () => void
  lease?: Lease
}

/** Takes one archive and lets the catalog absorb it. A safety archive is a series of its own and leaves the stat cache alone. */
export async function archiveWorkspace(ctx: ServiceContext, input: ArchiveWorkspaceInput): Promise<BackupOutcome> {
  const { workspace, repository, reporter, kind } = input
  const { id, name, root, configPath, extraItems } = workspace
  // With the host's: the archive's own config is to resolve from the archive alone.
  const { maps } = await mapsOrProblem(ctx, workspace)
  const outcome = await runBackup({
    repository,
    workspace: { id, name, root, configPath, maps, extraItems },
    resolution: input.resolution,
    series: kind === 'backup' ? workspace.seriesId : newSeriesId(),
    kind,
    note: input.note,
    actor: ctx.actor.name,
    tool: ctx.tool,
    rescan: input.rescan,
    skipUnchanged: input.skipUnchanged === true,
    ...(input.only ? { only: input.only } : {}),
    statCachePath: join(ctx.paths.statCache, `${workspace.id}.bin`),
    // A safety archive reads only what changed since the newest archive, and leaves its stamps to that one.
    keepStatCache: kind === 'backup',
    clock: ctx.clock,
    waitMs: input.waitMs,
    signal: input.signal,
    beforePublish: input.beforePublish,
    ...(input.lease ? { lease: input.lease } : {}),
    onProgress: (progress) => reporter.progress(progress),
    onLog: (level, message) => reporter.log(level, message),
  })
  if (!outcome.isUnchanged) await absorb(ctx, repository, outcome, reporter)
  return outcome
}

/** The archive exists whatever becomes of the catalog: it catches up with the next archive or a rebuild. */
async function absorb(ctx: ServiceContext, repository: Repository, { manifest }: BackupOutcome, reporter: JobReporter): Promise<void> {
  try {
    await ctx.withCatalog((catalogDb) => absorbArchive({ repository, catalogDb }, manifest.id))
  } catch (error) {
    const { message } = toAppError(error)
    reporter.log(
      'warning',
      `The archive is safe, but the catalog did not take it in: ${message} It will with the next backup or \`orchive catalog rebuild\`.`,
    )
  }
}

function workOf(manifest: BackupOutcome['manifest']): JobWork<BackupResult> {
  const warnings = manifest.findings.filter(({ severity }) => severity !== 'info')
  return {
    outcome: warnings.length > 0 ? 'warning' : 'success',
    findings: manifest.findings,
    result: {
      archiveId: manifest.id,
      files: manifest.totals.files,
      contentBytes: manifest.totals.contentBytes,
      storedBytes: manifest.totals.storedBytes,
      durationMs: manifest.durationMs,
      isUnchanged: false,
      suspect: warnings.some(({ code }) => code.startsWith('state_') || code.startsWith('critical_')),
      warnings: warnings.map(({ path, code, message }) => ({ path: path ?? '', code, message })),
    },
  }
}
