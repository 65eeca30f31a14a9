/**
 * Copies of the console's own database beside the archives: people, settings, schedules, policies and the audit log cannot be derived from archives. Objects
 * that never change, named by when they were made and what they hold; the newest few stay. Sessions and one-time links are left out.
 */
import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { snapshotConsole } from '#db/console/snapshot.ts'
import { getSetting, putSetting } from '#db/console/tables/settings.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { ConsoleCopy } from '#lib/contracts/home.ts'
import { openObject, sealObject } from '#lib/engine/repository/seal.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'
import { consoleIdOf } from '../audit/mirror.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { isRepository, knownRepositories } from '../repository/known-repositories.ts'
import { withRepository } from '../repository/open-repository.ts'

const FOLDER = 'system/console/'
const NAME = /^system\/console\/([0-9a-f]{16})\/(\d{8}T\d{9}Z)-([0-9a-f]{16})\.db\.zst$/
/** Copies of one console that stay in a repository. */
const KEPT = 7
/** A console copies itself this often at most while things change. */
const PAUSE_MS = 3_600_000
const SETTING = 'home.copied-at'

/** A copy as it lies in a repository. */
export interface StoredCopy {
  name: string
  consoleId: string
  /** `20261124T020000000Z`. */
  stamp: string
  sum: string
}

/** Copies the database into every repository that this home knows; one that cannot be written is told, and does not keep the others from it. */
export async function copyConsole(ctx: ServiceContext): Promise<ConsoleCopy[]> {
  requireRight(ctx, 'settings')
  const at = new Date(ctx.clock.nowMs()).toISOString()
  const consoleId = consoleIdOf(ctx)
  putSetting(ctx.consoleDb, SETTING, at, at)
  const raw = snapshotBytes(ctx)
  const sum = createHash('sha256').update(raw).digest('hex').slice(0, 16)
  const name = `${FOLDER}${consoleId}/${at.replace(/[-:.]/g, '')}-${sum}.db.zst`
  const copies: ConsoleCopy[] = []
  for (const repository of knownRepositories(ctx).filter(isRepository)) {
    try {
      await withRepository(ctx, repository, async ({ objects }) => {
        await objects.put(name, sealObject(raw))
        const own = (await listCopies(objects)).filter((copy) => copy.consoleId === consoleId)
        for (const old of own.slice(0, -KEPT)) await objects.remove(old.name)
      })
      copies.push({ repository, name, bytes: raw.length, problem: null })
    } catch (error) {
      copies.push({ repository, name, bytes: raw.length, problem: toAppError(error).message })
    }
  }
  return copies
}

/** The same unless it was done within the hour. */
export async function copyConsoleIfDue(ctx: ServiceContext): Promise<ConsoleCopy[]> {
  const last = getSetting(ctx.consoleDb, SETTING)
  const sinceMs = typeof last === 'string' ? ctx.clock.nowMs() - Date.parse(last) : Number.POSITIVE_INFINITY
  // A clock that was set back must not keep it from copying.
  return sinceMs >= 0 && sinceMs < PAUSE_MS ? [] : await copyConsole(ctx)
}

function snapshotBytes(ctx: ServiceContext): Buffer {
  const path = `${ctx.paths.consoleDb}.copy-${process.pid}`
  rmSync(path, { force: true })
  try {
    snapshotConsole(ctx.consoleDb, path)
    return readFileSync(path)
  } finally {
    rmSync(path, { force: true })
  }
}

/** All copies in a repository, of any console, oldest first. */
export async function listCopies(storage: Storage): Promise<StoredCopy[]> {
  const copies: StoredCopy[] = []
  for await (const { name } of storage.list(FOLDER)) {
    const [, consoleId, stamp, sum] = NAME.exec(name) ?? []
    if (consoleId && stamp && sum) copies.push({ name, consoleId, stamp, sum })
  }
  return copies.sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
}

/** The database in a copy; null when it is not what its name says. */
export async function readCopy(storage: Storage, { name, sum }: StoredCopy): Promise<Buffer | null> {
  try {
    const raw = openObject(await storage.get(name))
    return createHash('sha256').update(raw).digest('hex').startsWith(sum) ? raw : null
  } catch {
    return null
  }
}
