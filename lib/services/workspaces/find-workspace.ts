import { findWorkspace, listWorkspaces, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '../context.ts'

/** The workspace named, or the only one when none is named; throws `workspace_unknown` or `usage`. */
export function pickWorkspace(ctx: ServiceContext, nameOrId: string | undefined): WorkspaceRecord {
  if (nameOrId !== undefined) {
    const found = findWorkspace(ctx.consoleDb, nameOrId)
    if (found) return found
    const names = listWorkspaces(ctx.consoleDb).map(({ name }) => name)
    throw new AppError('workspace_unknown', {
      message: `There is no workspace “${nameOrId}”.`,
      hint: names.length > 0 ? `Known: ${names.join(', ')}.` : 'Register one with `orchive workspace add ROOT`.',
    })
  }
  const all = listWorkspaces(ctx.consoleDb)
  if (all.length === 1) return all[0]!
  if (all.length === 0)
    throw new AppError('workspace_unknown', {
      message: 'No workspace is registered yet.',
      hint: 'Register one with `orchive workspace add ROOT`.',
    })
  throw new AppError('usage', {
    message: `There are ${all.length} workspaces.`,
    hint: `Name one: ${all.map(({ name }) => name).join(', ')}.`,
  })
}
