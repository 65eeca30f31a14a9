/** A lost home gets its console's database back from the newest whole copy beside the archives. Runs before anything opens the database. */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { countInFile, endTwoStepInFile } from '#db/console/snapshot.ts'
import { AppError } from '#lib/base/errors.ts'
import type { RestoredConsole } from '#lib/contracts/home.ts'
import { syncFolder } from '#lib/engine/storage/durable-files.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { listCopies, readCopy, type StoredCopy } from './console-copies.ts'

export interface RestoreConsoleInput {
  repositoryPath: string
  /** Also where the home has a database: it is moved aside. */
  force: boolean
}

/** Puts the newest whole copy in place. Throws `usage` where the home has a database already, `object_missing` where there is no whole copy. */
export async function restoreConsole(ctx: Pick<ServiceContext, 'paths' | 'clock'>, input: RestoreConsoleInput): Promise<RestoredConsole> {
  const { paths, clock } = ctx
  const target = paths.consoleDb
  if (existsSync(target) && !input.force) {
    throw new AppError('usage', {
      message: `${paths.home} has a console database already, with ${countInFile(target).people} people.`,
      hint: 'Stop the console, then give --force: what is there is moved aside, not deleted.',
    })
  }
  const { copy, raw } = await withRepository(ctx, input.repositoryPath, ({ objects }) => newestWhole(objects))
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const fresh = `${target}.restored`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, raw, { mode: 0o600, flush: true })
  const held = countInFile(fresh)
  // Its secrets were sealed with a key that stays on its host.
  const twoStepEnded = existsSync(join(paths.home, 'secret')) ? 0 : endTwoStepInFile(fresh)
  const movedTo = existsSync(target) ? moveAside(target, clock.realNowMs()) : null
  renameSync(fresh, target)
  chmodSync(target, 0o600)
  syncFolder(dirname(target))
  return { from: copy.name, at: isoOf(copy.stamp), ...held, twoStepEnded, movedTo }
}

async function newestWhole(storage: Storage): Promise<{ copy: StoredCopy; raw: Buffer }> {
  const copies = await listCopies(storage)
  for (const copy of copies.toReversed()) {
    const raw = await readCopy(storage, copy)
    if (raw) return { copy, raw }
  }
  throw new AppError('object_missing', {
    message: `${storage.location} holds no whole copy of a console's database${copies.length > 0 ? `; ${copies.length} are damaged` : ''}.`,
    hint: 'Archives are not affected: `orchive recover host` brings workspaces back, and people are invited again.',
  })
}

/** With its log, which may hold what is not in the file yet. */
function moveAside(path: string, nowMs: number): string {
  const to = `${path}.before-${new Date(nowMs).toISOString().replace(/[-:.]/g, '')}`
  for (const end of ['', '-wal', '-shm']) if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${to}${end}`)
  return to
}

/** `20261124T020000123Z` as ISO 8601. */
const isoOf = (stamp: string) => stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/, '$1-$2-$3T$4:$5:$6.$7Z')
