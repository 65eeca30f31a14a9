import { resolve } from 'node:path'
import { AppError, isAppError } from '#lib/base/errors.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { Storage } from '#lib/contracts/overview.ts'
import { setFloor, showFloor } from '#lib/services/disk/free-floor.ts'
import { attachRepository } from '#lib/services/repository/attach-repository.ts'
import { detachPlace, listAttachedPlaces } from '#lib/services/repository/detach-place.ts'
import { initRepositoryAt } from '#lib/services/repository/init-repository.ts'
import { knownRepositories } from '#lib/services/repository/known-repositories.ts'
import { withRepository } from '#lib/services/repository/open-repository.ts'
import { repositoryStats } from '#lib/services/repository/repository-stats.ts'
import { replacedRepositories } from '#lib/services/repository/switch-repository.ts'
import { unlockRepository } from '#lib/services/repository/unlock-repository.ts'
import { canAsk } from '../ask-name.ts'
import { newPassphraseOf, secretOf } from '../ask-secret.ts'
import { EXIT } from '../exit-codes.ts'
import { prepareCatalog } from '../named.ts'
import { jobOf, parseBytes } from '../options.ts'
import type { Output } from '../output.ts'
import type { Run } from '../program.ts'
import { table } from '../table.ts'
import { showRecoveryKey } from './repository-key.ts'

/** `repository stats` */
export async function stats(run: Run): Promise<void> {
  const { ctx, out } = run
  await prepareCatalog(run)
  const all: Storage[] = []
  for (const path of knownRepositories(ctx)) {
    // Opening it says what is wrong with it, if anything.
    await withRepository(ctx, path, async () => {})
    all.push(repositoryStats(ctx, path))
  }
  const replaced = replacedRepositories(ctx)
  if (out.isJson) return out.document({ ...all[0], repositories: all, replaced })
  for (const [i, storage] of all.entries()) {
    if (i > 0) out.line()
    print(out, storage)
  }
  for (const { path, by, at } of replaced)
    out.line(`\n${path} was replaced by ${by} on ${at.slice(0, 10)}: nothing is written there, and it can be deleted once nobody needs it.`)
}

function print(out: Output, storage: Storage): void {
  const saved = storage.storedBytes > 0 ? ` (${(storage.contentBytes / storage.storedBytes).toFixed(1)} × less than the content)` : ''
  const rows = [
    ['repository', storage.repositoryPath],
    ['archives', formatCount(storage.archives)],
    ['content of all', formatBytes(storage.contentBytes)],
    ['stored', `${formatBytes(storage.storedBytes)} in ${formatCount(storage.packs)} packs${saved}`],
    ['disk free', `${formatBytes(storage.freeBytes)} of ${formatBytes(storage.totalBytes)}`],
  ]
  for (const row of table(rows)) out.line(row)
}

/** `repository floor [SIZE]` */
export function floor({ ctx, out }: Run, args: string[]): void {
  const [size] = args
  const shown = size === undefined ? showFloor(ctx) : setFloor(ctx, { floorBytes: size === 'default' ? null : parseBytes(size) })
  if (out.isJson) return out.document(shown)
  const { repositoryPath, floorBytes, isChosen, freeBytes, isBelow } = shown
  out.line(
    floorBytes === 0
      ? 'Backups never pause for want of space.'
      : `Backups pause when less than ${formatBytes(floorBytes)} would stay free${isChosen ? '' : ' (nobody chose this)'}.`,
  )
  out.line(`${formatBytes(freeBytes)} are free at ${repositoryPath}.`)
  if (isBelow) out.warn('warning', 'Backups are paused now.')
}

/** `repository init DIR` */
export async function init(run: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const { ctx, out } = run
  if (options.passphraseFile !== undefined && options.encrypt !== true) {
    throw new AppError('usage', { message: '--passphrase-file goes with --encrypt.' })
  }
  const hint = 'Passphrase (Enter alone = only the recovery key)'
  const encryption = options.encrypt === true ? { passphrase: await newPassphraseOf(run, options.passphraseFile, hint) } : null
  const made = await initRepositoryAt(ctx, resolve(args[0]!), encryption)
  if (out.isJson) return out.document({ type: 'result', ...made })
  out.said(`Made ${made.isEncrypted ? 'an encrypted' : 'a'} repository (${made.id}) in ${made.path}.`)
  out.said('Workspaces that are added from now on write into it; those registered before stay where they are.')
  if (made.recoveryKey !== null) showRecoveryKey(out, made.recoveryKey)
}

/** `repository unlock DIR` */
export async function unlock(run: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const path = resolve(args[0]!)
  await openOnThisHost(run, path, options)
  if (run.out.isJson) return run.out.document({ type: 'result', path })
  run.out.said(`This host opens ${path}.`)
}

/** Gives the host a key of its own where the repository is encrypted and it has none; asks only then. */
async function openOnThisHost(run: Run, path: string, options: Record<string, unknown>): Promise<void> {
  const isGiven = options.passphraseFile !== undefined || options.keyFile !== undefined
  try {
    if (!isGiven) return void (await unlockRepository(run.ctx, path, null))
  } catch (error) {
    if (!isAppError(error) || (error.code !== 'repository_sealed' && error.code !== 'key_wrong')) throw error
    if (!canAsk(run)) throw error
  }
  const secret = await secretOf(run, options, `Passphrase of the repository at ${path}`)
  if (await unlockRepository(run.ctx, path, secret)) run.out.said('This host has a key of its own to it now.')
}

/** `repository places` */
export function places({ ctx, out }: Run): void {
  const shown = listAttachedPlaces(ctx)
  if (out.isJson) return out.document(shown)
  if (shown.length === 0) return out.line('This home reads no place somewhere else.')
  const rows = shown.map(({ id, place, isLookedAt, workspaces }) => {
    const archives = workspaces.reduce((sum, one) => sum + one.archives, 0)
    return [id, place, isLookedAt ? 'only looked at' : formatCount(archives), workspaces.map(({ workspace }) => workspace).join(', ')]
  })
  out.table(['ID', 'PLACE', 'ARCHIVES', 'WORKSPACES'], rows)
}

/** `repository detach PLACE` */
export async function detach(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out } = run
  const { result, outcome, findings } = await detachPlace(ctx, args[0]!, jobOf(run, options))
  out.event({ type: 'result', ...result })
  const now = result.archives === null ? 'None of its archives were here.' : `The catalog has ${formatCount(result.archives)} archives now.`
  out.said(`Detached ${result.place}; what lies there was not touched. ${now}`)
  for (const { severity, message } of findings) out.warn(severity === 'info' ? 'note' : 'warning', message)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}

/** `repository attach DIR` */
export async function attach(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out } = run
  const path = resolve(args[0]!)
  await openOnThisHost(run, path, options)
  const { result, outcome, findings } = await attachRepository(ctx, path, jobOf(run, options))
  out.event({ type: 'result', path, ...result })
  out.said(`Attached ${path}: the catalog has ${formatCount(result.archives)} archives.`)
  if (result.workspaces > 0) out.said(`Registered from it: ${result.workspaces} ${result.workspaces === 1 ? 'workspace' : 'workspaces'}.`)
  for (const { severity, message } of findings) out.warn(severity === 'info' ? 'note' : 'warning', message)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}
