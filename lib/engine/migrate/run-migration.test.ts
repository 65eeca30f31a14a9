import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { forget, prune, unforget } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { openKeySlots, readKeySlots } from '../repository/key-slots.ts'
import { initRepository, openRepository, type Repository, type SlotForMaster } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { exportTar } from '../tar/export-stream.ts'
import { verifyRepository } from '../verify/verify-repository.ts'
import { noteSource } from './migration-note.ts'
import { runMigration } from './run-migration.ts'

const KEYS = [randomBytes(32), randomBytes(32)]
const slot = (key: Buffer): SlotForMaster => ({ secret: { kind: 'key', key }, label: 'test' })
const LEAVE_OUT: ReadonlySet<ArchiveId> = new Set()

let workspace: BackedUpWorkspace
let archives: ArchiveId[]

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  const at = (path: string) => join(workspace.root, path)
  mkdirSync(at('logs'))
  mkdirSync(at('knowledge-packs'))
  for (let i = 0; i < 90; i++) writeFileSync(at(`knowledge-packs/${i}.md`), noise(2000, i))
  writeFileSync(at('logs/large'), noise(3_000_000, 1000))
  writeFileSync(at('logs/empty'), '')
  symlinkSync('large', at('logs/link'))
  archives = [(await workspace.backUp()).id]
  for (let day = 1; day < 4; day++) {
    appendFileSync(at('logs/large'), noise(200_000, 2000 + day))
    writeFileSync(at(`knowledge-packs/${day}.md`), noise(2000, 3000 + 2 * day))
    archives.push((await workspace.backUp()).id)
  }
  const at1 = { at: '2026-01-02T03:04:05.000Z', actor: 'lee' }
  await workspace.repository.addMark(archives[0]!, { kind: 'hold', ...at1, reason: 'keep', until: null })
  await workspace.repository.addMark(archives[1]!, { kind: 'suspect', ...at1, reason: 'torn', findings: [] })
  await forget(workspace.repository, [archives[2]!])
  await workspace.repository.objects.put('system/audit/note', Buffer.from('a line'))
})
afterAll(() => rmSync(workspace.folder, { recursive: true, force: true }))

const openWith = (place: string, key: Buffer) =>
  openRepository(
    openLocalStorage(place),
    async ({ id, storage }) => (await openKeySlots(await readKeySlots(storage), id, { kind: 'key', key }))!.master,
  )

const makeTarget = (name: string, source: Repository, key: Buffer | null) =>
  initRepository(
    openLocalStorage(join(workspace.folder, name), { create: true }),
    '2026-01-01T00:00:00.000Z',
    key ? [slot(key)] : [],
    ({ objects }) => noteSource(objects, source.id, '2026-01-01T00:00:00.000Z'),
  )

const migrate = (source: Repository, target: Repository, noteBytes = 1e9) =>
  runMigration({ source, target, leaveOut: LEAVE_OUT, clock: systemClock, noteBytes })

async function tarSum(repository: Repository, id: ArchiveId): Promise<string> {
  const output = new PassThrough()
  const hash = createHash('sha256')
  output.on('data', (bytes: Buffer) => hash.update(bytes))
  await exportTar(await repository.reader(id), { format: 'tar' }, output)
  return hash.digest('hex')
}

/** Everything that a migration keeps, read anew: what archives give back, what stands in their manifests, marks, and which are in the trash. */
async function contentOf(repository: Repository) {
  const trashed = await repository.listTrashed()
  const all = [...(await repository.listArchives()), ...trashed].sort()
  return await Promise.all(
    all.map(async (id) => {
      const { sections, ...manifest } = await repository.readManifest(id)
      const marks = await repository.marksOf(id)
      return {
        manifest,
        entries: sections.map(({ entries }) => entries),
        marks,
        isTrashed: trashed.includes(id),
        tar: await tarSum(repository, id),
      }
    }),
  )
}

async function expectSame(target: Repository, source: Repository): Promise<void> {
  expect(await contentOf(target)).toEqual(await contentOf(source))
  expect((await verifyRepository({ repository: target })).findings).toEqual([])
  expect((await target.objects.get('system/audit/note')).toString()).toBe('a line')
}

test('plain to sealed, to sealed with other keys, and to plain again: every archive gives back the same bytes and keeps what is said about it', async () => {
  const source = workspace.repository
  let last = source
  for (const [i, key] of [KEYS[0]!, KEYS[1]!, null].entries()) {
    const target = await makeTarget(`chain-${i}`, last, key)
    const figures = await migrate(last, target)
    expect(figures).toMatchObject({ written: expect.arrayContaining(archives), archives: 4, findings: [] })
    await expectSame(target, source)
    last = target
  }
  // What a backup would store, no more and no less: the same frames as in the beginning.
  const [before, after] = [await source.index(), await last.index()]
  expect(after.totals().rawBytes).toBe(before.totals().rawBytes)
  expect(await last.codec.frameId(Buffer.from('hello'))).toBe(await source.codec.frameId(Buffer.from('hello')))
})

/** Migrates in a process of its own that kills itself right behind the first call of a verb about such a name; gives how it ended. */
async function migrateAndDie(target: string, verb: string, name: string): Promise<NodeJS.Signals | null> {
  const from = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)))
  const script = join(workspace.folder, 'migrate-and-die.ts')
  writeFileSync(
    script,
    `import { openLocalStorage } from ${from('../storage/local-storage.ts')}
import { openRepository } from ${from('../repository/repository.ts')}
import { openKeySlots, readKeySlots } from ${from('../repository/key-slots.ts')}
import { runMigration } from ${from('./run-migration.ts')}
import { systemClock } from ${from('../../base/clock.ts')}
const storage = openLocalStorage(${JSON.stringify(target)})
const own = storage[${JSON.stringify(verb)}].bind(storage)
storage[${JSON.stringify(verb)}] = async (...args) => {
  const done = await own(...args)
  if (new RegExp(${JSON.stringify(name)}).test(String(args[0]))) process.kill(process.pid, 'SIGKILL')
  return done
}
const key = Buffer.from(${JSON.stringify(KEYS[0]!.toString('hex'))}, 'hex')
const target = await openRepository(storage, async ({ id }) => (await openKeySlots(await readKeySlots(storage), id, { kind: 'key', key })).master)
const source = await openRepository(openLocalStorage(${JSON.stringify(workspace.repositoryPath)}))
await runMigration({ source, target, leaveOut: new Set(), clock: systemClock, noteBytes: 100_000 })
`,
  )
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return signal
}

test('killed again and again it goes on from its notes, lists only what is whole, and ends equal to its source', async () => {
  const source = workspace.repository
  const place = join(workspace.folder, 'killed')
  ;(await makeTarget('killed', source, KEYS[0]!)).close()
  for (const [verb, name] of [
    ['put', '^packs/.*idx'],
    ['put', '^system/migration/000001'],
    ['put', '^manifests/'],
    ['move', '^manifests/'],
  ] as const) {
    expect(await migrateAndDie(place, verb, name), name).toBe('SIGKILL')
    const target = await openWith(place, KEYS[0]!)
    for (const id of await target.listArchives()) expect(await tarSum(target, id)).toBe(await tarSum(source, id))
    target.close()
  }
  const target = await openWith(place, KEYS[0]!)
  // Everything was written by those that were killed; of the old one only what was looked at again is read.
  expect(await migrate(source, target)).toMatchObject({ written: [], archives: 4, readBytes: 0 })
  await expectSame(target, source)
})

test('a second run brings what came since: archives, marks, what was forgotten, taken back or is gone for good', async () => {
  const source = workspace.repository
  const target = await makeTarget('again', source, KEYS[0]!)
  await migrate(source, target)
  writeFileSync(join(workspace.root, 'logs/later'), noise(5000, 1))
  const later = (await workspace.backUp()).id
  await source.addMark(later, { kind: 'note', at: '2026-01-03T00:00:00.000Z', actor: 'lee', text: 'later' })
  await forget(source, [archives[1]!])
  await unforget(source, archives[2]!)
  await forget(source, [archives[3]!])
  await prune(source)
  const figures = await migrate(source, target)
  expect(figures.written).toEqual([later])
  await expectSame(target, source)
  // A number that was given out is not given out again.
  const next = await workspace.backUp('backup', target)
  expect(next.seriesNumber).toBe(6)
})

test('nothing is written where there is no room for all of it', async () => {
  const target = await makeTarget('full', workspace.repository, KEYS[0]!)
  target.storage.freeBytes = async () => ({ freeBytes: 2_000_000, totalBytes: 1e9 })
  await expect(migrate(workspace.repository, target)).rejects.toMatchObject({ code: 'repository_full' })
  for await (const { name } of target.storage.list('packs/')) expect(name).toBeNull()
})

test('an archive that does not hold is not taken along: it ends the migration, unless it is left out', async () => {
  const source = await openWith(join(workspace.folder, 'chain-0'), KEYS[0]!)
  const bad = archives[3]!
  let body = ''
  for await (const { frames } of (await source.reader(bad)).entries(['knowledge-packs/3.md'])) body = frames[1]!
  const location = (await source.index()).get(body)!
  const bytes = await source.storage.get(location.pack)
  bytes[location.offset + 3]! ^= 1
  await source.storage.replace(location.pack, bytes)
  const target = await makeTarget('damaged', source, KEYS[1]!)
  await expect(migrate(source, target)).rejects.toMatchObject({
    code: 'repository_damaged',
    message: expect.stringContaining(bad),
    hint: expect.stringContaining('--leave-out'),
  })
  const { written } = await runMigration({ source, target, leaveOut: new Set([bad]), clock: systemClock })
  expect([...(await target.listArchives()), ...(await target.listTrashed())].sort()).toEqual(archives.slice(0, 3).sort())
  expect(written).not.toContain(bad)
  expect((await verifyRepository({ repository: target })).findings).toEqual([])
})
