import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import type { JobId } from '#lib/base/ids.ts'
import { formatMoment } from '#lib/base/moment-text.ts'
import type { RestoreLosses, RestorePlan, RestoreRequest, RestoreResult } from '#lib/contracts/archive.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { executeRestore } from '#lib/engine/restore/execute-restore.ts'
import { planRestore as plan } from '#lib/engine/restore/plan-restore.ts'
import type { LostRecord, RestoreInput } from '#lib/engine/restore/restore-types.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'
import type { Orchestrator } from '#lib/orchestrator/adapter.ts'
import { archiveWorkspace } from '../archives/take-archive.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { maskSecrets } from '../content/mask-secrets.ts'
import type { ServiceContext } from '../context.ts'
import { keepReserve } from '../home/reserve-file.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { openOrInit } from '../repository/open-or-init.ts'
import { withRepository } from '../repository/open-repository.ts'
import { resolveForRestore } from '../workspaces/resolve.ts'
import { runningOrchestrator } from '../workspaces/running-orchestrator.ts'
import { recoveryPlaceOf } from './recovery-place.ts'
import { tellAlone } from './second-person.ts'
import { sweepUndos } from './sweep-undos.ts'
import { tellStep } from './tell-step.ts'

/** What a restore would do, without doing it. */
export function planRestore(ctx: ServiceContext, request: RestoreRequest): Promise<RestorePlan> {
  requireRight(ctx, 'restore')
  const archive = requireArchive(ctx.catalogDb(), request.archiveId)
  return withRepository(ctx, ctx.readFrom ?? archive.repository.location, async (repository) => {
    const { input, place } = await inputOf(ctx, repository, request, archive.workspaceId)
    return shown(place, await plan(input))
  })
}

export interface RunRestoreInput {
  request: RestoreRequest
  /** Digest of the plan that was reviewed; null = what is planned now. */
  digest: string | null
  waitMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** Restores as a job of this process; in place only after a safety archive of what is there. */
export function restoreArchive(ctx: ServiceContext, run: RunRestoreInput): Promise<JobWork<RestoreResult>> {
  requireRight(ctx, 'restore')
  const { request, command, jobId, signal, onEvent } = run
  const archive = requireArchive(ctx.catalogDb(), request.archiveId)
  const workspace = request.target === null ? requireWorkspace(ctx.consoleDb, archive.workspaceId) : null
  const title = workspace
    ? `Restore ${workspace.name} in place`
    : `Restore ${formatMoment(archive.createdAtMs, ctx.clock.nowMs())} to ${request.target}`
  const named = workspace && { id: workspace.id, name: workspace.name }
  return runAsJob(ctx, { kind: 'restore', title, command, input: request, jobId, signal, workspace: named, onEvent }, async (reporter) => {
    // What a console started was decided there.
    if (named && jobId === null) tellAlone(ctx, reporter, { workspace: named, what: 'restore', detail: { archiveId: request.archiveId } })
    const result = await restoreWithin(ctx, run, reporter)
    const findings = result.warnings.map(({ path, code, message }) => ({ severity: 'warning' as const, code, path, message }))
    return { outcome: findings.length > 0 ? 'warning' : 'success', findings, result }
  })
}

/** What a restore within another job is given. */
export interface RestoreWithin extends Pick<RunRestoreInput, 'request' | 'digest' | 'waitMs' | 'signal'> {
  /** True when the orchestrator is somebody else's to stop and start, as in a runbook that does it by itself. */
  isRuntimeLeft?: boolean
}

/** The restore itself, as a part of a job that is under way. */
export function restoreWithin(ctx: ServiceContext, run: RestoreWithin, reporter: JobReporter): Promise<RestoreResult> {
  const { request, signal } = run
  const archive = requireArchive(ctx.catalogDb(), request.archiveId)
  return withRepository(ctx, ctx.readFrom ?? archive.repository.location, async (repository) => {
    if (request.target === null) await prepareHome(ctx, reporter)
    const { input, place } = await inputOf(ctx, repository, request, archive.workspaceId)
    const orchestrator = run.isRuntimeLeft ? null : (place?.orchestrator ?? null)
    const result = await executeRestore({
      ...input,
      stopsRuntime: orchestrator?.isConfigured === true,
      jobId: reporter.jobId,
      signal,
      ...(run.digest === null ? {} : { digest: run.digest }),
      ...(place ? { recovery: recoveryPlaceOf(ctx, place.workspace) } : {}),
      ...(orchestrator?.isConfigured ? { runtime: orchestrator } : {}),
      onPlan: (planned) => reporter.event({ type: 'plan', plan: shown(place, planned) }),
      onProgress: (progress) => reporter.progress(progress),
      onStep: (step) => tellStep(reporter, step),
      onLog: (message) => reporter.log('info', message),
      beforeSwap: async () => {
        if (!place) return null
        // Nobody here stops it: then at least nobody may hold its state open.
        if (orchestrator && !orchestrator.isConfigured) await orchestrator.proveStopped({ signal })
        const own = place.workspace.repositoryPath
        if (own === (ctx.readFrom ?? archive.repository.location)) return takeSafetyArchive(ctx, repository, place, run, reporter)
        // What is restored lies somewhere else, and is only read.
        const writable = await openOrInit(ctx, own, new Date(ctx.clock.nowMs()).toISOString())
        return takeSafetyArchive(ctx, writable, place, run, reporter).finally(() => writable.close())
      },
    })
    const { restoredFiles, safetyArchiveId } = result
    const detail = { target: request.target, paths: request.paths, restoredFiles, safetyArchiveId }
    recordDone(ctx, reporter, 'archive.restore', { kind: 'archive', id: request.archiveId, workspaceId: archive.workspaceId }, detail)
    return result
  })
}

/** Where an in-place restore writes: the registered workspace, and what its config means. */
interface Place {
  workspace: WorkspaceRecord
  resolution: Resolution
  orchestrator: Orchestrator
}

/** Everything that is there now, as an archive of its own, before anything of it is replaced. */
async function takeSafetyArchive(
  ctx: ServiceContext,
  repository: Repository,
  place: Place,
  run: Pick<RunRestoreInput, 'request' | 'waitMs' | 'signal'>,
  reporter: JobReporter,
) {
  const { manifest } = await archiveWorkspace(ctx, {
    workspace: place.workspace,
    resolution: place.resolution,
    repository,
    kind: 'safety',
    note: `Before restoring ${run.request.archiveId} in place`,
    rescan: false,
    waitMs: run.waitMs,
    signal: run.signal,
    reporter,
  })
  reporter.log('info', `Safety archive ${manifest.id} taken.`)
  return manifest.id
}

async function inputOf(
  ctx: ServiceContext,
  repository: Repository,
  request: RestoreRequest,
  workspaceId: string,
): Promise<{ input: RestoreInput; place: Place | null }> {
  const reader = await repository.reader(request.archiveId)
  const { paths, target, conflict, exact } = request
  const input = { reader, manifest: reader.manifest, paths, target, items: [], conflict, exact }
  if (target !== null) return { input, place: null }
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  const resolution = await resolveForRestore(ctx, workspace, reader)
  const orchestrator = await runningOrchestrator(ctx, workspace, resolution)
  const stopsRuntime = orchestrator.isConfigured
  return {
    input: { ...input, items: resolution.items, root: workspace.root, stopsRuntime },
    place: { workspace, resolution, orchestrator },
  }
}

/** Room for the journal, and for what this restore keeps: quarantines whose time is over go first. */
async function prepareHome(ctx: ServiceContext, reporter: JobReporter): Promise<void> {
  keepReserve(ctx.paths.reserve)
  for (const problem of (await sweepUndos(ctx)).problems) reporter.log('warning', problem)
}

/** The plan with what is wrong with the config that it follows, and secrets masked in what would be lost. */
function shown(place: Place | null, planned: RestorePlan): RestorePlan {
  const problems = place?.resolution.problems.filter(({ code }) => code === 'config_missing' || code === 'config_invalid') ?? []
  return { ...planned, losses: planned.losses && masked(planned.losses), problems: [...problems, ...planned.problems] }
}

function masked(losses: RestoreLosses): RestoreLosses {
  const record = ({ id, title, at }: LostRecord) => ({
    id: maskSecrets(id).text,
    title: title === null ? null : maskSecrets(title).text,
    at,
  })
  const items = losses.items.map((item) => ({
    ...item,
    lists: item.lists.map((list) => ({ ...list, lost: list.lost.map(record), changed: list.changed.map(record) })),
  }))
  return { ...losses, items }
}
