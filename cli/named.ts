import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { catchUpCatalog } from '#lib/services/archives/catch-up-catalog.ts'
import { pickArchive } from '#lib/services/archives/read-archives.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { isHomeEmpty } from '#lib/services/workspaces/is-home-empty.ts'
import type { Run } from './program.ts'

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

/** The archive that was named; `--workspace` says whose `latest` or `@TIME` is meant. */
export async function namedArchive(run: Run, name: string, options: Record<string, unknown>): Promise<ArchiveId> {
  await prepareCatalog(run)
  const workspace = options.workspace === undefined ? undefined : pickWorkspace(run.ctx, String(options.workspace)).id
  return pickArchive(run.ctx, name, workspace)
}

/** A path of an archive as a person types it: `./logs/` is `logs`. */
export function archivePathOf(typed: string): string {
  return typed.replace(/^(\.\/)+|\/+$/g, '')
}
