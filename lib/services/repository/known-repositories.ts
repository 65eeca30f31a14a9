import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { getSetting, putSetting } from '#db/console/tables/settings.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '../context.ts'

const SETTING = 'repository.path'

/** Where the archives of new workspaces go: the repository that was made or attached last, else `repository` in ORCHIVE_HOME. */
export function defaultRepository(ctx: ServiceContext): string {
  // Looking must not make a home where there is none.
  const chosen = existsSync(ctx.paths.consoleDb) ? getSetting(ctx.consoleDb, SETTING) : null
  return typeof chosen === 'string' ? chosen : ctx.paths.repository
}

/** Makes a folder the repository of workspaces that are added from now on. */
export function chooseDefaultRepository(ctx: ServiceContext, path: string): void {
  putSetting(ctx.consoleDb, SETTING, path, new Date(ctx.clock.nowMs()).toISOString())
}

/** Every repository that this home knows of, the default one first. One that nothing refers to and that was never made is left out. */
export function knownRepositories(ctx: ServiceContext): string[] {
  const chosen = defaultRepository(ctx)
  const others = listWorkspaces(ctx.consoleDb).map(({ repositoryPath }) => repositoryPath)
  const isReal = others.length === 0 || others.includes(chosen) || isRepository(chosen)
  return [...new Set(isReal ? [chosen, ...others] : others)]
}

/** The folder of a repository that this home knows; throws `repository_missing` for any other. */
export function requireKnownRepository(ctx: ServiceContext, path: string): string {
  const known = knownRepositories(ctx)
  if (known.includes(path)) return path
  throw new AppError('repository_missing', {
    message: `${path} is no repository of this home.`,
    hint: `It knows ${known.join(', ') || 'none'}.`,
  })
}

/** The repository that is to be migrated to a folder: the one that is named, else that of new workspaces. */
export function migrationSource(ctx: ServiceContext, named: string | null, to: string): string {
  const from = named === null ? defaultRepository(ctx) : requireKnownRepository(ctx, named)
  if (from !== to) return from
  throw new AppError('invalid_input', {
    message: `${to} is the repository that is in use already.`,
    hint: 'Name an empty folder for the new one.',
  })
}

/** Whether a folder holds a repository, of whatever state. */
export const isRepository = (path: string): boolean => existsSync(join(path, 'repository.json'))
