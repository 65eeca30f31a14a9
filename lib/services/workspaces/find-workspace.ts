import { existsSync } from 'node:fs'
import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { findWorkspace, getWorkspace, listWorkspaces, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'

/** The registered workspace that an archive is of; null when it is not registered any more. */
export function workspaceRecordOfArchive(ctx: ServiceContext, id: ArchiveId): WorkspaceRecord | null {
  return existsSync(ctx.paths.consoleDb) ? getWorkspace(ctx.consoleDb, requireArchive(ctx.catalogDb(), id).workspaceId) : null
}

/** The workspace named, or the only one when none is named; throws `workspace_unknown` or `usage`. */
export function pickWorkspace(ctx: ServiceContext, nameOrId: string | undefined): WorkspaceRecord {
  // Looking must not make a home where there is none.
  const all = existsSync(ctx.paths.consoleDb) ? listWorkspaces(ctx.consoleDb) : []
  if (nameOrId !== undefined) {
    const found = all.length > 0 ? findWorkspace(ctx.consoleDb, nameOrId) : null
    if (found) return found
    const names = all.map(({ name }) => name)
    throw new AppError('workspace_unknown', {
      message: `There is no workspace “${nameOrId}”.`,
      hint: names.length > 0 ? `Known: ${names.join(', ')}.` : 'Register one with `orchive workspace add ROOT`.',
    })
  }
  if (all.length === 1) return all[0]!
  if (all.length === 0)
    throw new AppError('workspace_unknown', {
      message: `No workspace is registered in ${ctx.paths.home} yet.`,
      hint: 'Register one with `orchive workspace add ROOT`.',
    })
  throw new AppError('usage', {
    message: `There are ${all.length} workspaces.`,
    hint: `Name one: ${all.map(({ name }) => name).join(', ')}.`,
  })
}
