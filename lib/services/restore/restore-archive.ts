import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { RestorePlan, RestoreRequest, RestoreResult } from '#lib/contracts/archive.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { executeRestore } from '#lib/engine/restore/execute-restore.ts'
import { planRestore as plan } from '#lib/engine/restore/plan-restore.ts'
import type { RestoreInput } from '#lib/engine/restore/restore-types.ts'
import { archiveWorkspace } from '../archives/take-archive.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'
import { resolveNow } from '../workspaces/resolve.ts'

/** What a restore would do, without doing it. */
export function planRestore(ctx: ServiceContext, request: RestoreRequest): Promise<RestorePlan> {
  requireRight(ctx, 'restore')
  const archive = requireArchive(ctx.catalogDb(), request.archiveId)
  return withRepository(archive.repository.location, async (repository) =>
    plan(await inputOf(ctx, repository, request, workspaceFor(ctx, request, archive.workspaceId))),
  )
}

export interface RunRestoreInput {
  request: RestoreRequest
  /** Digest of the plan that was reviewed; null = what is planned now. */
  digest: string | null
  waitMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: (event: JobEvent) => void
}

/** Restores as a job of this process; in place only after a safety archive of what is there. */
export function restoreArchive(ctx: ServiceContext, input: RunRestoreInput): Promise<JobWork<RestoreResult>> {
  requireRight(ctx, 'restore')
  const { request } = input
  const archive = requireArchive(ctx.catalogDb(), request.archiveId)
  const workspace = workspaceFor(ctx, request, archive.workspaceId)
  const title = request.target === null ? `Restore ${workspace?.name ?? ''} in place` : `Restore ${request.archiveId} to ${request.target}`
  const job = { kind: 'restore' as const, title, command: input.command, input: request, jobId: input.jobId, signal: input.signal }
  const named = workspace ? { id: workspace.id, name: workspace.name } : null
  return runAsJob(ctx, { ...job, workspace: named, ...(input.onEvent ? { onEvent: input.onEvent } : {}) }, (reporter) =>
    withRepository(archive.repository.location, async (repository) => {
      const result = await executeRestore({
        ...(await inputOf(ctx, repository, request, workspace)),
        jobId: reporter.jobId,
        signal: input.signal,
        ...(input.digest === null ? {} : { digest: input.digest }),
        onPlan: (planned) => reporter.event({ type: 'plan', plan: planned }),
        onProgress: (progress) => reporter.progress(progress),
        onLog: (message) => reporter.log('info', message),
        beforeSwap: async () => {
          if (workspace === null) return null
          const note = `Before restoring ${request.archiveId} in place`
          const safety = await archiveWorkspace(ctx, {
            workspace,
            repository,
            kind: 'safety',
            note,
            rescan: false,
            waitMs: input.waitMs,
            signal: input.signal,
            reporter,
          })
          reporter.log('info', `Safety archive ${safety.manifest.id} taken.`)
          return safety.manifest.id
        },
      })
      record(
        ctx,
        'archive.restore',
        { kind: 'archive', id: request.archiveId, workspaceId: archive.workspaceId },
        { target: request.target, paths: request.paths, restoredFiles: result.restoredFiles, safetyArchiveId: result.safetyArchiveId },
      )
      const findings = result.warnings.map(({ path, code, message }) => ({ severity: 'warning' as const, code, path, message }))
      return { outcome: findings.length > 0 ? 'warning' : 'success', findings, result }
    }),
  )
}

/** The registered workspace that an in-place restore writes into. */
function workspaceFor(ctx: ServiceContext, request: RestoreRequest, workspaceId: string): WorkspaceRecord | null {
  return request.target === null ? requireWorkspace(ctx.consoleDb, workspaceId) : null
}

async function inputOf(
  ctx: ServiceContext,
  repository: Repository,
  request: RestoreRequest,
  workspace: WorkspaceRecord | null,
): Promise<RestoreInput> {
  const reader = await repository.reader(request.archiveId)
  return {
    reader,
    manifest: reader.manifest,
    paths: request.paths,
    target: request.target,
    items: workspace ? resolveNow(ctx, workspace).items : [],
    ...(workspace ? { root: workspace.root } : {}),
    conflict: request.conflict,
    exact: request.exact,
  }
}
