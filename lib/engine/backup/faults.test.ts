/** Whatever call of the disk fails in a backup, and however: nothing half is listed, nothing earlier is harmed, and the next backup works. */

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { type Fault, FaultStorage, type StorageCall } from '#test/builders/fault-storage.ts'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import type { Manifest } from '../repository/manifest.ts'
import { openRepository, type Repository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import { type BackupBench, makeBackupBench } from './testing.ts'

let bench: BackupBench
let earlier: Manifest
/** A repository with one archive, from which each round starts; the workspace has changed since, and its state has shrunk. */
beforeAll(async () => {
  bench = await makeBackupBench()
  const state = (tasks: number) => JSON.stringify({ taskExecutions: Array.from({ length: tasks }, (_, i) => ({ id: i, note: 'done' })) })
  bench.write('orchestrator_state.json', state(200))
  for (let i = 0; i < 8; i++) bench.write(`knowledge-packs/pack-${i}.json`, `{"id":${i}}`)
  bench.write('logs/run-0.jsonl', randomBytes(200_000))
  earlier = (await bench.take()).manifest
  bench.write('orchestrator_state.json', state(1))
  bench.write('knowledge-packs/pack-8.json', '{"id":"new"}')
  bench.write('logs/run-1.jsonl', randomBytes(200_000))
})
afterAll(() => bench.remove())

interface Round {
  path: string
  storage: FaultStorage
  take(repository: Repository): Promise<Manifest>
}

function startRound(mounts?: Mounts): Round {
  const path = join(bench.root, '../round')
  rmSync(path, { recursive: true, force: true })
  mounts?.mountSmallDisk(path, '64m')
  cpSync(bench.repositoryPath, join(path, 'repository'), { recursive: true })
  cpSync(bench.statCachePath, join(path, 'stat-cache'))
  const take = async (repository: Repository) => (await bench.take({ repository, statCachePath: join(path, 'stat-cache') })).manifest
  return { path: join(path, 'repository'), storage: new FaultStorage(openLocalStorage(join(path, 'repository'))), take }
}

const objects = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))

/** Every archive that is listed is whole; returns which those are. */
async function listedAndWhole(path: string): Promise<ArchiveId[]> {
  const repository = await openRepository(openLocalStorage(path))
  const archives = await repository.listArchives()
  for (const id of archives) {
    const reader = await repository.reader(id)
    const { grade, findings } = await verifyArchive({ reader, manifest: reader.manifest, repository, level: 'bytes' })
    expect([id, grade, findings]).toEqual([id, 1, []])
  }
  repository.close()
  return archives.sort()
}

const CODES: Partial<Record<Fault['errno'], string>> = { ENOSPC: 'repository_full', EROFS: 'repository_read_only' }

/** One backup with a fault, and one after it. */
async function runRound(fault: Fault): Promise<void> {
  const { path, storage, take } = startRound()
  storage.arm(fault)
  let repository: Repository | null = null
  let taken: Manifest | null = null
  try {
    repository = await openRepository(storage)
    taken = await take(repository)
  } catch (error) {
    if (!isAppError(error)) throw error
    expect(error.message).toContain((fault.lasts ? null : storage.failed!.name) ?? storage.location)
    expect(error.code).toBe(CODES[fault.errno] ?? 'io_failed')
  }
  const { failed } = storage
  storage.arm(null)
  expect([fault, failed]).not.toEqual([fault, null])
  const round = `${fault.done} done of ${failed?.verb} ${failed?.name}`
  const expected = [earlier.id, ...(taken ? [taken.id] : [])]
  const listed = existsSync(join(path, 'manifests')) ? readdirSync(join(path, 'manifests')).length : 0
  expect([round, listed]).toEqual([round, expected.length])
  if (!taken && !fault.lasts) expect([round, objects(path).filter(isLeftOver)]).toEqual([round, []])

  // The same process goes on, as a console's scheduler does.
  const next = await take(repository ?? (await openRepository(storage)))
  expect(await listedAndWhole(path)).toEqual([...expected, next.id].sort())
  expect([round, objects(path).filter((name) => /^(tmp|locks)\//.test(name))]).toEqual([round, []])
  storage.close()
}

/** What a failed backup must not leave: packs without an archive and unfinished files are harmless, and removed or used by the next one. */
const isLeftOver = (name: string) => /^(marks|locks)\//.test(name)

const WRITING = ['create', 'append', 'commit', 'put']
const CHANGING = [...WRITING, 'remove', 'removeUnfinished']

test.each<[string, Omit<Fault, 'call'>, (call: StorageCall) => boolean]>([
  ['any call fails', { errno: 'EIO', done: 'nothing' }, () => true],
  ['the disk is full in the middle of a write', { errno: 'ENOSPC', done: 'half' }, ({ verb }) => WRITING.includes(verb)],
  ['the disk is full before a write', { errno: 'ENOSPC', done: 'nothing' }, ({ verb }) => WRITING.includes(verb)],
  ['a change is made, but only an error comes back', { errno: 'EIO', done: 'all' }, ({ verb }) => CHANGING.includes(verb)],
  [
    'the disk becomes read-only',
    { errno: 'EROFS', done: 'nothing', lasts: true, sparesReads: true },
    ({ verb }) => CHANGING.includes(verb),
  ],
  ['the disk goes away', { errno: 'EIO', done: 'nothing', lasts: true }, ({ verb }) => CHANGING.includes(verb)],
])('when %s, nothing half is listed, earlier archives are whole and the next backup works', async (_, kind, concerns) => {
  for (const [i, call] of (await callsOfBackup()).entries()) if (concerns(call)) await runRound({ ...kind, call: i + 1 })
})

test.skipIf(!canMount())(
  'a disk that is remounted read-only in the middle: a clear failure, nothing listed, and its space comes back once it can be written',
  async () => {
    const spaceOf = (path: string) => objects(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0)
    const mounts = new Mounts()
    try {
      const { path, take } = startRound(mounts)
      const remount = (how: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${how}`, join(path, '..')], { stdio: 'ignore' })
      const before = spaceOf(path)
      // Packs are begun when the lease is taken and files are read: the writers before it are closed by then, so that the kernel lets it happen.
      const storage = new (class extends FaultStorage {
        override run<T>(call: StorageCall, work: () => Promise<T>, half?: () => Promise<void>): Promise<T> {
          if (call.verb === 'create') remount('ro')
          return super.run(call, work, half)
        }
      })(openLocalStorage(path))
      await expect(openRepository(storage).then(take)).rejects.toMatchObject({
        code: 'repository_read_only',
        message: expect.stringContaining('EROFS'),
      })
      expect(storage.calls.map(({ verb }) => verb)).toContain('create')
      expect(await listedAndWhole(path)).toEqual([earlier.id])
      remount('rw')
      const repository = await openRepository(openLocalStorage(path))
      await (await repository.lock({ purpose: 'test', since: earlier.createdAt, monotonicMs: () => performance.now() })).release()
      expect(spaceOf(path)).toBe(before)
      const next = await take(repository)
      expect(await listedAndWhole(path)).toEqual([earlier.id, next.id].sort())
      repository.close()
      storage.close()
    } finally {
      mounts.unmountAll()
    }
  },
)

test('a manifest that the disk cuts short without a word is not listed', async () => {
  const { path, storage, take } = startRound()
  storage.cutsShort = /^manifests\//
  const repository = await openRepository(storage)
  await expect(take(repository)).rejects.toMatchObject({ code: 'repository_damaged', message: expect.stringMatching(/manifest of arc_/) })
  expect(await listedAndWhole(path)).toEqual([earlier.id])
  expect(objects(path).filter(isLeftOver)).toEqual([])
  storage.cutsShort = null
  const next = await take(repository)
  expect(await listedAndWhole(path)).toEqual([earlier.id, next.id].sort())
  storage.close()
})

test('an index that the disk cuts short without a word costs nothing but time', async () => {
  const { path, storage, take } = startRound()
  storage.cutsShort = /\.idx\.zst$/
  const taken = await take(await openRepository(storage))
  expect(await listedAndWhole(path)).toEqual([earlier.id, taken.id].sort())
  storage.close()
})

test('the small backup makes every kind of call that a backup makes, and always the same ones', async () => {
  const calls = await callsOfBackup()
  const verbs = new Set(calls.map(({ verb }) => verb))
  expect([...verbs].sort()).toEqual(['append', 'commit', 'create', 'get', 'list', 'put', 'read', 'remove', 'removeUnfinished', 'stat'])
  const written = calls.flatMap(({ verb, name }) => (verb === 'put' || verb === 'commit' ? [name!.split('/')[0]] : []))
  expect(written).toEqual(['locks', 'packs', 'packs', 'packs', 'packs', 'marks', 'manifests'])
  expect((await callsOfBackup()).map(({ verb }) => verb)).toEqual(calls.map(({ verb }) => verb))
})

/** Every call of the backup when all goes well. */
async function callsOfBackup(): Promise<StorageCall[]> {
  const { storage, take } = startRound()
  await take(await openRepository(storage))
  storage.close()
  return storage.calls
}
