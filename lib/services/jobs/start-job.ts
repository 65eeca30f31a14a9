import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import type { JobRecord } from '#db/console/job-record.ts'
import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { finishJob, insertJob, noteProcess, requestCancel, requireJob } from '#db/console/tables/jobs.ts'
import { getWorkspace, requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError, toAppError } from '#lib/base/errors.ts'
import { type ArchiveId, type JobId, newJobId, type WorkspaceId } from '#lib/base/ids.ts'
import { mapText } from '#lib/base/map-text.ts'
import { formatMoment } from '#lib/base/moment-text.ts'
import type { RestoreRequest, VerifyLevel } from '#lib/contracts/archive.ts'
import type { OffloadPolicy } from '#lib/contracts/disk.ts'
import type { HostRequest } from '#lib/contracts/host.ts'
import type { Job, JobKind } from '#lib/contracts/job.ts'
import type { SalvageMode } from '#lib/contracts/recover.ts'
import { RIGHT_TO_CANCEL, type Right } from '#lib/contracts/rights.ts'
import { TRASH_DAYS } from '#lib/contracts/trash-days.ts'
import { commandLine } from '#lib/jobs/command-line.ts'
import { startDetached } from '#lib/jobs/spawn-verb.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { requireReplica } from '../replicas/find-replica.ts'
import { requireAttachedPlace } from '../repository/detach-place.ts'
import { sealOwnRepository } from '../repository/own-repository.ts'
import { endOpen } from '../restore/approvals.ts'
import { assertMayReplaceAlone } from '../restore/second-person.ts'
import { requireOpenUndo } from '../restore/undo-restore.ts'
import { stateOfProcess, storedIdentity } from './process-of-job.ts'
import { reconcileJobs } from './reconcile-jobs.ts'
import { jobOf } from './shared-job.ts'

/** A job that finds the repository in use queues for as long as a day. */
const WAIT_SECONDS = 86_400
/** Kinds that only read the repository, and so neither wait nor are waited for. */
const READING: ReadonlySet<JobKind> = new Set<JobKind>(['verify', 'drill', 'replicate'])
/** A job that was asked to stop is killed after this long. */
const FORCE_AFTER_MS = 30_000

/** Jobs that write into the repository, and so may have to queue. */
const WRITERS: ReadonlySet<JobKind> = new Set([
  'backup',
  'restore',
  'undo',
  'recover',
  'offload',
  'retention',
  'prune',
  'heal',
  'import',
  'migrate',
])

/** Jobs that may be swapping, and are never killed. */
const SWAPPERS: ReadonlySet<JobKind> = new Set(['restore', 'undo', 'recover'])

interface Start {
  right: Right
  kind: JobKind
  title: string
  /** The verb and its arguments, as a person would type them. */
  argv: string[]
  workspace: { id: WorkspaceId; name: string } | null
  input: unknown
  object: { kind: string; id: string }
}

/** Starts a backup of a workspace as a job. */
export function startBackup(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; note?: string | undefined; skipUnchanged?: boolean | undefined },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return start(ctx, {
    right: 'back-up',
    kind: 'backup',
    title: `Back up ${name}`,
    argv: ['backup', ...(input.note ? [`--note=${input.note}`] : []), ...(input.skipUnchanged ? ['--skip-unchanged'] : []), '--', name],
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}

/** Starts a verify of one archive as a job; at the level `drill` it is a drill. */
export function startVerify(ctx: ServiceContext, input: { archiveId: ArchiveId; level: VerifyLevel }): Promise<{ jobId: JobId }> {
  const workspace = workspaceOfArchive(ctx, input.archiveId)
  const isDrill = input.level === 'drill'
  return start(ctx, {
    right: 'verify',
    kind: isDrill ? 'drill' : 'verify',
    title: `${isDrill ? 'Drill' : 'Verify'} ${momentOf(ctx, input.archiveId)}`,
    argv: ['verify', input.archiveId, '--level', input.level],
    workspace,
    input,
    object: { kind: 'archive', id: input.archiveId },
  })
}

/** Starts a verify of the archives of a workspace whose proof is oldest, as long as the time lasts. */
export function startVerifyDue(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; level: VerifyLevel; budgetMinutes: number },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return start(ctx, {
    right: 'verify',
    kind: 'verify',
    title: `Verify what is due of ${name}`,
    argv: ['verify', '--due', '--level', input.level, '--budget', String(input.budgetMinutes), `--workspace=${name}`],
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}

/**
 * Starts a restore of exactly the plan with this digest; in place only when the workspace's name was typed, and where it asks for a second person only
 * with the reason for doing without.
 */
export async function startRestore(
  ctx: ServiceContext,
  input: { request: RestoreRequest; digest: string; confirmName?: string | undefined; breakGlass?: string | undefined },
): Promise<{ jobId: JobId }> {
  const { request, digest } = input
  const workspace = workspaceOfArchive(ctx, request.archiveId)
  if (request.target === null) {
    if (workspace === null || input.confirmName !== workspace.name) {
      throw new AppError('invalid_input', {
        message: `Type ${workspace?.name ?? 'the name of the workspace'} to replace its items.`,
        hint: 'Nothing was changed.',
      })
    }
    const detail = { archiveId: request.archiveId, paths: request.paths, digest }
    assertMayReplaceAlone(ctx, { workspace, what: 'restore', detail }, input.breakGlass)
    endOpen(ctx, workspace.id, 'The workspace was restored meanwhile.')
  }
  return startReviewedRestore(ctx, { request, digest })
}

/** Starts a restore that whoever had to agree agreed to. */
export async function startReviewedRestore(
  ctx: ServiceContext,
  reviewed: { request: RestoreRequest; digest: string; id?: string },
): Promise<{ jobId: JobId }> {
  const { request, digest, id } = reviewed
  const workspace = workspaceOfArchive(ctx, request.archiveId)
  return start(ctx, {
    right: 'restore',
    kind: 'restore',
    title:
      request.target === null
        ? `Restore ${workspace?.name ?? ''} in place${id === undefined ? '' : ` (${id})`}`
        : `Restore ${momentOf(ctx, request.archiveId)} to ${request.target}`,
    argv: restoreArguments(request, ['--digest', digest, '--yes']),
    workspace,
    input: { request, digest },
    object: { kind: 'archive', id: request.archiveId },
  })
}

/** Starts the undo of a restore in place; one over what changed since only when the workspace's name was typed. */
export async function startUndo(
  ctx: ServiceContext,
  input: { jobId: JobId; force?: boolean | undefined; confirmName?: string | undefined; breakGlass?: string | undefined },
): Promise<{ jobId: JobId }> {
  const { workspaceId, workspace } = requireOpenUndo(ctx, input.jobId)
  if (input.force && input.confirmName !== workspace) {
    throw new AppError('invalid_input', {
      message: `Type ${workspace} to undo the restore over what changed since.`,
      hint: 'Nothing was changed.',
    })
  }
  if (input.force) {
    const replacing = { workspace: { id: workspaceId, name: workspace }, what: 'undo', detail: { jobId: input.jobId } }
    assertMayReplaceAlone(ctx, replacing, input.breakGlass)
  }
  return start(ctx, {
    right: 'restore',
    kind: 'undo',
    title: `Undo ${input.jobId} in ${workspace}`,
    argv: ['undo', ...(input.force ? ['--force'] : []), '--', input.jobId],
    workspace: { id: workspaceId, name: workspace },
    input,
    object: { kind: 'job', id: input.jobId },
  })
}

/** Starts the runbook for a corrupt state file; only when the workspace's name was typed, since it replaces what is live. */
export async function startRecoverState(
  ctx: ServiceContext,
  input: {
    workspaceId: WorkspaceId
    archiveId: ArchiveId | null
    salvage: SalvageMode
    confirmName: string
    breakGlass?: string | undefined
  },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  if (input.confirmName !== name) {
    throw new AppError('invalid_input', { message: `Type ${name} to replace its state.`, hint: 'Nothing was changed.' })
  }
  const detail = { archiveId: input.archiveId, salvage: input.salvage }
  assertMayReplaceAlone(ctx, { workspace: { id, name }, what: 'recover', detail }, input.breakGlass)
  const from = input.archiveId === null ? [] : [`--archive=${input.archiveId}`]
  return start(ctx, {
    right: 'restore',
    kind: 'recover',
    title: `Recover the state of ${name}`,
    argv: ['recover', 'state', ...from, `--salvage=${input.salvage}`, '--yes', '--', name],
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}

/** Starts an offload of exactly the plan with this digest. */
export function startOffload(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; policy: OffloadPolicy; digest: string },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return start(ctx, {
    right: 'offload',
    kind: 'offload',
    title: `Offload old files of ${name}`,
    argv: offloadArguments(name, input.policy, ['--digest', input.digest, '--yes']),
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}

/** The arguments of `orchive recover disk` that mean this policy. */
export function offloadArguments(workspace: string, policy: OffloadPolicy, more: readonly string[]): string[] {
  const { olderThanDays, keepPacks, keepPackDays, inArchives } = policy
  return [
    'recover',
    'disk',
    `--older-than=${olderThanDays}`,
    ...(keepPacks === null ? [] : [`--keep-packs=${keepPacks}`]),
    ...(keepPackDays === null ? [] : [`--keep-pack-days=${keepPackDays}`]),
    ...(inArchives === 0 ? [] : [`--in-archives=${inArchives}`]),
    ...more,
    '--',
    workspace,
  ]
}

/** The arguments of `orchive restore` that mean this request. */
export function restoreArguments(request: RestoreRequest, more: readonly string[] = []): string[] {
  return [
    'restore',
    ...(request.target === null ? ['--in-place'] : [`--target=${request.target}`]),
    ...(request.conflict ? ['--conflict', request.conflict] : []),
    ...(request.exact ? ['--exact'] : []),
    ...more,
    '--',
    request.archiveId,
    ...request.paths,
  ]
}

/** Starts what an approved proposal says. */
export function startApply(
  ctx: ServiceContext,
  input: { proposal: string; workspaceId: WorkspaceId; forgetCount: number },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return start(ctx, {
    right: 'approve',
    kind: 'retention',
    title: `Move ${input.forgetCount === 1 ? 'an archive' : `${input.forgetCount} archives`} of ${name} to trash (${input.proposal})`,
    argv: ['retention', 'apply', '--', input.proposal],
    workspace: { id, name },
    input,
    object: { kind: 'proposal', id: input.proposal },
  })
}

/** Starts the runbook for a lost host as a job, and gives the recovery key of the repository that had to be made for it: what was planned, whose workspace and archive this home knows by now. */
export async function startRecoverHost(
  ctx: ServiceContext,
  input: { request: HostRequest; workspaceId: WorkspaceId; archiveId: ArchiveId; confirmName: string },
): Promise<{ jobId: JobId; recoveryKey: string | null }> {
  requireRight(ctx, 'restore')
  requireRight(ctx, 'settings')
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  if (input.confirmName !== name) {
    throw new AppError('invalid_input', { message: `Type ${name} to bring it back.`, hint: 'Nothing was written.' })
  }
  const request: HostRequest = { ...input.request, source: { kind: 'known' }, workspace: id, archive: input.archiveId }
  const recoveryKey = await sealOwnRepository(ctx, requireArchive(ctx.catalogDb(), input.archiveId).repository.location, null)
  const { jobId } = await start(ctx, {
    right: 'settings',
    kind: 'recover',
    title: `Bring ${name} back to ${request.root}`,
    argv: hostArguments(request, ['--yes']),
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
  return { jobId, recoveryKey }
}

/** The verb that a request for a lost host is. */
export function hostArguments({ source, workspace, archive, root, maps, rewriteConfig, leaveOut }: HostRequest, more: string[]): string[] {
  return [
    'recover',
    'host',
    ...(source.kind === 'repository' ? [`--repository=${source.path}`] : source.kind === 'tar' ? [`--from-tar=${source.path}`] : []),
    ...(workspace ? [`--workspace=${workspace}`] : []),
    ...(archive ? [`--archive=${archive}`] : []),
    `--root=${root}`,
    ...maps.map((map) => `--map=${mapText(map)}`),
    ...(rewriteConfig ? ['--rewrite-config'] : []),
    ...leaveOut.map((key) => `--leave-out=${key}`),
    ...more,
  ]
}

/** Starts a rebuild of the catalog as a job. */
export function startRebuild(ctx: ServiceContext): Promise<{ jobId: JobId }> {
  return start(ctx, {
    right: 'settings',
    kind: 'rebuild',
    title: 'Rebuild the catalog',
    argv: ['catalog', 'rebuild'],
    workspace: null,
    input: {},
    object: { kind: 'catalog', id: 'catalog' },
  })
}

/**
 * Starts a prune of a repository as a job; `graceDays` left out = the usual days. Fewer take the right to change settings: what the days of grace are for,
 * that nothing is lost by what one person forgets, must not end with the same person.
 */
export async function startPrune(
  ctx: ServiceContext,
  input: { graceDays?: number | undefined; repositoryPath?: string | undefined },
): Promise<{ jobId: JobId }> {
  if (input.graceDays !== undefined && input.graceDays < TRASH_DAYS) requireRight(ctx, 'settings')
  const grace = input.graceDays === undefined ? [] : ['--grace', String(input.graceDays)]
  return start(ctx, {
    right: 'prune',
    kind: 'prune',
    title: 'Prune the repository',
    argv: ['prune', ...grace, ...(input.repositoryPath === undefined ? [] : [`--repository=${input.repositoryPath}`])],
    workspace: null,
    input,
    object: { kind: 'repository', id: input.repositoryPath ?? 'all' },
  })
}

/** Starts healing of the repositories as a job; `from` is the folder of another repository that may have what is lost. */
export function startHeal(ctx: ServiceContext, input: { from?: string | undefined }): Promise<{ jobId: JobId }> {
  return start(ctx, {
    right: input.from === undefined ? 'restore' : 'settings',
    kind: 'heal',
    title: 'Heal the repository',
    argv: ['repository', 'heal', ...(input.from === undefined ? [] : [`--from=${input.from}`])],
    workspace: null,
    input,
    object: { kind: 'repository', id: 'all' },
  })
}

/** Starts detaching a place that this home reads as a job. */
export async function startDetach(ctx: ServiceContext, input: { place: string }): Promise<{ jobId: JobId }> {
  requireRight(ctx, 'settings')
  const { place } = requireAttachedPlace(ctx, input.place)
  return start(ctx, {
    right: 'settings',
    kind: 'rebuild',
    title: `Detach ${place}`,
    argv: ['repository', 'detach', input.place],
    workspace: null,
    input,
    object: { kind: 'repository', id: input.place },
  })
}

/** Starts a migration of a repository into one that is made already, as a job. */
export function startMigrate(
  ctx: ServiceContext,
  input: { from: string; to: string; isSwitch: boolean; areReplicasLeft: boolean; leaveOut: readonly ArchiveId[] },
): Promise<{ jobId: JobId }> {
  return start(ctx, {
    right: 'settings',
    kind: 'migrate',
    title: `Migrate the repository to ${input.to}`,
    argv: [
      ...['repository', 'migrate', `--repository=${input.from}`, ...(input.isSwitch ? ['--switch'] : [])],
      ...(input.areReplicasLeft ? ['--leave-replicas'] : []),
      ...input.leaveOut.map((id) => `--leave-out=${id}`),
      ...['--', input.to],
    ],
    workspace: null,
    input,
    object: { kind: 'repository', id: input.from },
  })
}

/** Starts a sync of a replica as a job. */
export function startReplicate(ctx: ServiceContext, input: { replica: string; check: 'some' | 'all' }): Promise<{ jobId: JobId }> {
  const { id, name, workspaceId } = requireReplica(ctx, input.replica)
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  return start(ctx, {
    right: 'back-up',
    kind: 'replicate',
    title: `${input.check === 'all' ? 'Check' : 'Copy to'} ${name}`,
    argv: ['replica', input.check === 'all' ? 'verify' : 'sync', '--wait', String(WAIT_SECONDS), '--', name],
    workspace: { id: workspace.id, name: workspace.name },
    input: { replica: id, check: input.check },
    object: { kind: 'replica', id },
  })
}

/** Starts taking in tar files of the host as a job. */
export function startImport(ctx: ServiceContext, input: { workspaceId: WorkspaceId; path: string }): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return start(ctx, {
    right: 'settings',
    kind: 'import',
    title: `Import ${input.path}`,
    argv: ['import', '--', input.path, name],
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}

/** Asks a job to stop: a clean stop that lists nothing half done. */
export function cancelJob(ctx: ServiceContext, input: { jobId: JobId }): Job {
  const before = requireJob(ctx.consoleDb, input.jobId)
  requireRight(ctx, RIGHT_TO_CANCEL[before.kind])
  const job = requestCancel(ctx.consoleDb, input.jobId, new Date(ctx.clock.realNowMs()).toISOString())
  record(ctx, 'job.cancel', { kind: 'job', id: input.jobId, workspaceId: job.workspaceId }, { title: job.title })
  if (signalJob(job, 'SIGTERM')) setTimeout(() => attempt(() => forceCancel(ctx, input.jobId)), FORCE_AFTER_MS).unref()
  return jobOf(job)
}

/** Kills a job that was asked to stop and did not; its end is then written by `reconcileJobs`. What may be swapping is never killed. */
export function forceCancel(ctx: ServiceContext, jobId: JobId): void {
  const job = requireJob(ctx.consoleDb, jobId)
  if (job.status === 'cancelling' && !SWAPPERS.has(job.kind)) signalJob(job, 'SIGKILL')
}

/** Sends a signal to a job's own process and no other; false when it is gone or cannot be seen from here. */
function signalJob(job: JobRecord, signal: NodeJS.Signals): boolean {
  if (!job.process || stateOfProcess(job.process) !== 'alive') return false
  try {
    return process.kill(job.process.pid, signal)
  } catch {
    // It ended in this very moment.
    return false
  }
}

/** The workspace an archive is of; null when it is not registered any more. */
function workspaceOfArchive(ctx: ServiceContext, archiveId: ArchiveId): { id: WorkspaceId; name: string } | null {
  const workspace = getWorkspace(ctx.consoleDb, requireArchive(ctx.catalogDb(), archiveId).workspaceId)
  return workspace && { id: workspace.id, name: workspace.name }
}

/** When an archive was taken: how people name it. */
function momentOf(ctx: ServiceContext, archiveId: ArchiveId): string {
  return formatMoment(requireArchive(ctx.catalogDb(), archiveId).createdAtMs, ctx.clock.nowMs())
}

async function start(ctx: ServiceContext, request: Start): Promise<{ jobId: JobId }> {
  requireRight(ctx, request.right)
  const jobId = newJobId()
  const ahead = READING.has(request.kind) ? undefined : listOpenJobs(ctx.consoleDb).find((job) => !READING.has(job.kind))
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

/** What the job says itself, or the next look at all jobs, makes good: a busy database must not end the console or disown the job. */
function attempt(write: () => void): void {
  try {
    write()
  } catch {
    // As above.
  }
}
