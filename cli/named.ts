import { AppError, isAppError, toAppError } from '#lib/base/errors.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import { catchUpCatalog } from '#lib/services/archives/catch-up-catalog.ts'
import { pickArchive } from '#lib/services/archives/read-archives.ts'
import { settleFirst } from '#lib/services/restore/settle-workspace.ts'
import { pickWorkspace, workspaceRecordOfArchive } from '#lib/services/workspaces/find-workspace.ts'
import { isHomeEmpty } from '#lib/services/workspaces/is-home-empty.ts'
import type { Run } from './program.ts'
import { settledText } from './settled-text.ts'

/** Before a verb reads the catalog: takes in what it missed, and says what is wrong in words that fit the home's state. */
export async function prepareCatalog({ ctx, out }: Run): Promise<void> {
  if (isHomeEmpty(ctx)) {
    throw new AppError('workspace_unknown', {
      message: `No workspace is registered in ${ctx.paths.home} yet.`,
      hint: 'Register one with `orchive workspace add ROOT`, or name another home with --home.',
    })
  }
  try {
    const taken = await catchUpCatalog(ctx)
    if (taken > 0) out.warn('note', `The catalog had missed ${taken === 1 ? 'an archive' : `${taken} archives`} and has caught up.`)
  } catch (error) {
    if (!isAppError(error) || !error.code.startsWith('catalog_')) throw error
    // The verb itself meets it, unless it needs no catalog.
  }
}

/** The workspace that was named, or the only one; what an interrupted restore of it left is settled first. */
export function namedWorkspace({ ctx, out }: Run, name: string | undefined): ReturnType<typeof pickWorkspace> {
  const workspace = pickWorkspace(ctx, name)
  settleBefore({ ctx, out }, workspace)
  return workspace
}

/** Verbs that look go on when it cannot be settled now, with a warning; those that write meet it themselves. */
function settleBefore({ ctx, out }: Pick<Run, 'ctx' | 'out'>, workspace: { id: WorkspaceId; name: string }): void {
  try {
    const settled = settleFirst(ctx, workspace)
    if (settled) out.warn('warning', settledText(settled))
  } catch (error) {
    const { message, hint } = toAppError(error)
    out.warn('warning', `${message} ${hint}`.trim())
  }
}

/** The archive that was named; `--workspace` says whose `latest` or `@TIME` is meant. */
export async function namedArchive(run: Run, name: string, options: Record<string, unknown>): Promise<ArchiveId> {
  await prepareCatalog(run)
  const workspace = options.workspace === undefined ? undefined : pickWorkspace(run.ctx, String(options.workspace)).id
  const id = pickArchive(run.ctx, name, workspace)
  const registered = workspaceRecordOfArchive(run.ctx, id)
  if (registered) settleBefore(run, registered)
  return id
}

/** The same run, reading archives from the replica that `--from-replica` names. */
export async function readingFrom(run: Run, options: Record<string, unknown>): Promise<Run> {
  if (options.fromReplica === undefined) return run
  const { readFromReplica } = await import('#lib/services/replicas/read-from.ts')
  return { ...run, ctx: await readFromReplica(run.ctx, String(options.fromReplica)) }
}

/** A path of an archive as a person types it: `./logs/` is `logs`. */
export function archivePathOf(typed: string): string {
  return typed.replace(/^(\.\/)+|\/+$/g, '')
}
