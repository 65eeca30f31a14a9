import { getWorkspace, requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { OpenUndo, UndoResult } from '#lib/contracts/restore.ts'
import { executeUndo } from '#lib/engine/restore/execute-undo.ts'
import { listUndos, readUndo, type UndoRecord } from '#lib/engine/restore/undo-records.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'
import type { Orchestrator } from '#lib/orchestrator/adapter.ts'
import { archiveWorkspace } from '../archives/take-archive.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'
import { resolveNow } from '../workspaces/resolve.ts'
import { runningOrchestrator } from '../workspaces/running-orchestrator.ts'
import { recoveryPlaceOf } from './recovery-place.ts'
import { tellAlone } from './second-person.ts'
import { sweepUndos } from './sweep-undos.ts'
import { tellStep } from './tell-step.ts'

/** Restores and undos that can be taken back now, newest first. */
export function listOpenUndos(ctx: ServiceContext, workspaceId?: WorkspaceId): OpenUndo[] {
  requireRight(ctx, 'list')
  const nowMs = ctx.clock.nowMs()
  return listUndos(ctx.paths.journals, workspaceId)
    .filter(({ until }) => Date.parse(until) > nowMs)
    .map(openUndoOf)
}

/** The open undo of a job; throws `undo_unknown`. */
export function requireOpenUndo(ctx: ServiceContext, jobId: JobId): OpenUndo {
  requireRight(ctx, 'list')
  const record = readUndo(ctx.paths.journals, jobId)
  if (record && Date.parse(record.until) > ctx.clock.nowMs()) return openUndoOf(record)
  throw new AppError('undo_unknown', {
    message: `There is nothing to undo for ${jobId}: it replaced nothing in place, was undone already, or its time is over.`,
    hint: 'See what can be undone with `orchive undo --list`. The safety archive of a restore holds the same.',
    context: { jobId },
  })
}

export interface RunUndoInput {
  /** The restore, or undo, to take back. */
  undoOf: JobId
  /** Also when the workspace moved on since. */
  force: boolean
  waitMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** Takes a restore in place back, as a job of this process. */
export async function undoRestore(ctx: ServiceContext, run: RunUndoInput): Promise<JobWork<UndoResult>> {
  requireRight(ctx, 'restore')
  const { undoOf, force, command, jobId, signal, onEvent } = run
  await sweepUndos(ctx)
  const { workspaceId, workspace: name } = requireOpenUndo(ctx, undoOf)
  const workspace = { id: workspaceId, name: getWorkspace(ctx.consoleDb, workspaceId)?.name ?? name }
  const job = { kind: 'undo' as const, title: `Undo ${undoOf}`, input: { jobId: undoOf, force }, workspace }
  return await runAsJob(ctx, { ...job, command, jobId, signal, onEvent }, async (reporter) => {
    // What a console started was decided there.
    if (force && jobId === null) tellAlone(ctx, reporter, { workspace, what: 'undo', detail: { jobId: undoOf } })
    const runtime = await runtimeOf(ctx, workspaceId)
    const result = await executeUndo({
      ...(runtime ? { runtime } : {}),
      recovery: recoveryPlaceOf(ctx, workspace),
      jobId: reporter.jobId,
      undoOf,
      force,
      signal,
      beforeSwap: () => takeSafetyArchive(ctx, workspaceId, run, reporter),
      onProgress: (progress) => reporter.progress(progress),
      onStep: (step) => tellStep(reporter, step),
    })
    const { broughtBack, movedAway, movedOnCount } = result
    recordDone(ctx, reporter, 'restore.undo', { kind: 'job', id: undoOf, workspaceId }, { broughtBack, movedAway, movedOnCount })
    return { outcome: 'success', findings: [], result }
  })
}

/** What stops and starts the orchestrator around the undo; none when the host file names no commands for it, or nobody knows the workspace any more. */
async function runtimeOf(ctx: ServiceContext, workspaceId: WorkspaceId): Promise<Orchestrator | null> {
  const workspace = getWorkspace(ctx.consoleDb, workspaceId)
  if (!workspace) return null
  const orchestrator = await runningOrchestrator(ctx, workspace, await resolutionOrNone(ctx, workspace))
  return orchestrator.isConfigured ? orchestrator : null
}

/** A config that is gone may be what the undo brings back. */
async function resolutionOrNone(ctx: ServiceContext, workspace: WorkspaceRecord): Promise<Pick<Resolution, 'configPaths'>> {
  try {
    return await resolveNow(ctx, workspace)
  } catch (error) {
    if (!isAppError(error) || !error.code.startsWith('config_')) throw error
    return { configPaths: {} }
  }
}

/** The workspace moved on since the restore: what it has now is archived before it goes to quarantine. */
function takeSafetyArchive(ctx: ServiceContext, workspaceId: WorkspaceId, run: RunUndoInput, reporter: JobReporter) {
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  return withRepository(ctx, workspace.repositoryPath, async (repository) => {
    const { manifest } = await archiveWorkspace(ctx, {
      workspace,
      resolution: await resolveNow(ctx, workspace),
      repository,
      kind: 'safety',
      note: `Before undoing ${run.undoOf}`,
      rescan: false,
      waitMs: run.waitMs,
      signal: run.signal,
      reporter,
    })
    return manifest.id
  })
}

function openUndoOf({ journal, until }: UndoRecord): OpenUndo {
  const { jobId, kind, workspaceId, workspace, archiveId, safetyArchiveId, swappedAt, at, items, areas } = journal
  const quarantinePaths = areas.map(({ path }) => `${path}/quarantine`)
  return { jobId, kind, workspaceId, workspace, archiveId, safetyArchiveId, at: swappedAt ?? at, until, items, quarantinePaths }
}
