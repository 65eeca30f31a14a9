/** The folder that a repository is to be migrated to: made there, or taken up where an earlier run left it. */
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import { noteSource, sourceOf } from '#lib/engine/migrate/migration-note.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import type { ServiceContext } from '../context.ts'
import { resolveNow } from '../workspaces/resolve.ts'
import { type Encryption, makeRepository } from './init-repository.ts'
import { isRepository, knownRepositories } from './known-repositories.ts'
import { withRepository } from './open-repository.ts'

/** Makes the new repository unless an earlier run did; gives its recovery key where it was made now, to be shown once. */
export async function prepareTarget(
  ctx: ServiceContext,
  source: Repository,
  to: string,
  encryption: Encryption | null,
): Promise<{ recoveryKey: string | null; isNew: boolean }> {
  if (isRepository(to)) {
    await withRepository(ctx, to, (target) => assertIsOurs(source, target))
    if (encryption?.passphrase == null) return { recoveryKey: null, isNew: false }
    throw new AppError('invalid_input', {
      message: `The new repository at ${to} is made already, without that passphrase.`,
      hint: 'Go on without one, and add it afterwards: `orchive repository key add`.',
    })
  }
  await assertApart(ctx, source.storage.location, to)
  clearUnfinished(to)
  const at = new Date(ctx.clock.nowMs()).toISOString()
  const { recoveryKey } = await makeRepository(ctx, to, encryption, (made) => noteSource(made.objects, source.id, at))
  return { recoveryKey, isNew: true }
}

/** Throws `target_not_empty` for a repository that is not being filled from this one. */
export async function assertIsOurs(source: Repository, target: Repository): Promise<void> {
  const of = await sourceOf(target.objects)
  if (of === source.id) return
  throw new AppError('target_not_empty', {
    message: `${target.storage.location} holds the repository ${target.id}, which is not one that ${source.id} is being migrated to.`,
    hint: 'Choose an empty folder.',
  })
}

async function assertApart(ctx: ServiceContext, from: string, to: string): Promise<void> {
  const target = realPath(to)
  for (const known of new Set([from, ...knownRepositories(ctx)])) refuseOverlap(target, realPath(known), `the repository ${known}`)
  for (const workspace of listWorkspaces(ctx.consoleDb)) {
    refuseOverlap(target, realPath(workspace.root), `the workspace ${workspace.name} (${workspace.root})`)
    try {
      // Items may lie outside of the root.
      await resolveNow(ctx, { ...workspace, repositoryPath: to })
    } catch (error) {
      // A config that cannot be read now says nothing about where a repository may lie.
      if (!isAppError(error) || error.code === 'repository_inside_item') throw error
    }
  }
}

function refuseOverlap(target: string, other: string, what: string): void {
  const isApart = target !== other && !target.startsWith(`${other}/`) && !other.startsWith(`${target}/`)
  if (isApart) return
  throw new AppError('target_unusable', {
    message: `${target} and ${what} lie in one another.`,
    hint: 'Choose a folder of its own. Nothing was written.',
  })
}

/** With links followed, as far as there is something. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const parent = dirname(path)
  return parent === path ? path : join(realPath(parent), path.slice(parent.length).replace(/^\//, ''))
}

/** What making a repository leaves when it is killed: no repository yet, and nothing but what it begins with. */
const BEGINNINGS: ReadonlySet<string> = new Set(['README.txt', 'recover.sh', 'keys', 'system', 'tmp'])

function clearUnfinished(to: string): void {
  if (!existsSync(join(to, 'README.txt')) || isRepository(to)) return
  const names = readdirSync(to)
  const isOurs =
    names.every((name) => BEGINNINGS.has(name)) &&
    (!names.includes('system') || readdirSync(join(to, 'system')).every((name) => name === 'migration'))
  if (isOurs) for (const name of names) rmSync(join(to, name), { recursive: true })
}
