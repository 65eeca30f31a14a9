import { existsSync } from 'node:fs'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import type { ServiceContext } from '../context.ts'
import { isRepository } from '../repository/known-repositories.ts'

/** Whether nothing was ever registered or kept in this home; looks without making anything. */
export function isHomeEmpty(ctx: ServiceContext): boolean {
  const { consoleDb, catalogDb, repository } = ctx.paths
  if (existsSync(catalogDb) || isRepository(repository)) return false
  return !existsSync(consoleDb) || listWorkspaces(ctx.consoleDb).length === 0
}
