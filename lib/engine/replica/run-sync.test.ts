import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { fixedClock, systemClock } from '#lib/base/clock.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { type Fault, FaultStorage } from '#test/builders/fault-storage.ts'
import { expectWhole, forget, prune } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { KEEP_ALL, planOf, syncOf } from '#test/builders/replica-of.ts'
import { type Manifest, manifestName } from '../repository/manifest.ts'
import { indexNameOf } from '../repository/pack.ts'
import { openRepository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { overlaid } from '../storage/overlaid.ts'
import { emptyMemory } from './place-memory.ts'
import type { SyncInput } from './replica-types.ts'

let workspace: BackedUpWorkspace
let archives: Manifest[]
let template: string
let host: string
let place: string
let memory = emptyMemory()
let copies = 0

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(join(workspace.root, 'logs'))
  writeFileSync(join(workspace.root, 'orchestrator_state.json'), '{"tasks":[1,2,3]}')
  archives = []
  for (let day = 0; day < 3; day++) {
    for (let i = 0; i < 4; i++) writeFileSync(join(workspace.root, `logs/run-${day}-${i}.jsonl`), noise(3000, day * 10 + i))
    writeFileSync(join(workspace.root, 'logs/changes.bin'), noise(60_000, 100 + day))
    archives.push(await workspace.backUp())
  }
  template = join(workspace.folder, 'template')
  cpSync(workspace.repositoryPath, template, { recursive: true })
  return () => rmSync(workspace.folder, { recursive: true, force: true })
})

beforeEach(() => {
  host = join(workspace.folder, `host-${copies}`)
  place = join(workspace.folder, `place-${copies++}`)
  cpSync(template, host, { recursive: true })
  memory = emptyMemory()
})
afterEach(() => {
  for (const folder of [host, place]) rmSync(folder, { recursive: true, force: true })
})

const ids = (...numbers: number[]): ArchiveId[] => numbers.map((number) => archives[number]!.id)
const there = () => openLocalStorage(place, { create: true })
const sync = (more: Partial<SyncInput> = {}) => syncOf(host, there(), { workspaceId: archives[0]!.workspaceId, memory, ...more })
const onHost = async <T>(work: (repository: Awaited<ReturnType<typeof openRepository>>) => Promise<T>): Promise<T> => {
  const repository = await openRepository(openLocalStorage(host))
  try {
    return await work(repository)
  } finally {
    repository.close()
  }
}
const packOf = (archive: number) => onHost(async (repository) => (await repository.index()).get(archives[archive]!.sections[0]!.id)!.pack)

test('a copy has every archive whole, and a second sync writes nothing', async () => {
  const planned = await planOf(host, there(), { workspaceId: archives[0]!.workspaceId })
  const figures = await sync()
  expect(figures).toMatchObject({ archivesCopied: 3, findings: [], vanished: [], damaged: [] })
  expect(figures.archives.map(({ state, isOnHost }) => [state, isOnHost])).toEqual([0, 1, 2].map(() => ['copied', true]))
  expect(planned).toMatchObject({ archivesCopied: 3, bytesPut: figures.bytesPut })
  expect(await expectWhole(place)).toEqual(ids(0, 1, 2).sort())
  for (const file of ['recover.sh', 'README.txt', 'repository.json'])
    expect(readFileSync(join(place, file))).toEqual(readFileSync(join(host, file)))
  expect(await sync()).toMatchObject({ objectsPut: 0, bytesPut: 0, archivesCopied: 0, findings: [] })
})

test('what the host forgets and prunes stays on the copy until its own policy lets go, and comes off then, dead packs whole', async () => {
  await sync()
  await onHost(async (repository) => {
    await forget(repository, ids(0, 1))
    await prune(repository)
  })
  const figures = await sync()
  expect(figures.archives.map(({ state, isOnHost }) => [state, isOnHost])).toEqual([
    ['copied', true],
    ['copied', false],
    ['copied', false],
  ])
  expect(await expectWhole(place)).toEqual(ids(0, 1, 2).sort())
  // Packs that the prune wrote again hold nothing that the copy lacks.
  expect(figures.objectsPut).toBe(0)
  const later = await sync({ policy: { ...KEEP_ALL, keepLast: 1, dailyDays: 0, weeklyWeeks: 0, monthlyMonths: 0 } })
  expect(later.forgotten.sort()).toEqual(ids(0, 1).sort())
  expect(later.freedBytes).toBeGreaterThan(0)
  expect(await expectWhole(place)).toEqual(ids(2))
  expect(await sync()).toMatchObject({ objectsPut: 0, findings: [] })
})

test('a hold keeps an archive on the copy, though it was made after the copy', async () => {
  await sync()
  await onHost((repository) =>
    repository.addMark(archives[0]!.id, { kind: 'hold', reason: 'audit', until: null, at: new Date().toISOString(), actor: 'Ines' }),
  )
  const figures = await sync({ policy: { ...KEEP_ALL, keepLast: 1, dailyDays: 0, weeklyWeeks: 0, monthlyMonths: 0 } })
  expect(figures.forgotten).toEqual(ids(1))
  expect(await expectWhole(place)).toEqual(ids(0, 2).sort())
})

test('whatever is damaged or missing on the copy is found by size or by reading back, put right from the host, and told', async () => {
  await sync()
  const pack = await packOf(1)
  const bytes = readFileSync(join(place, pack))
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(join(place, pack), bytes)
  writeFileSync(join(place, manifestName(archives[2]!.id)), 'short')
  expect((await sync({ recheckBytes: 1e9 })).damaged).toEqual([manifestName(archives[2]!.id), pack].sort())
  expect(await expectWhole(place)).toEqual(ids(0, 1, 2).sort())

  rmSync(join(place, pack))
  const figures = await sync()
  expect(figures.vanished).toEqual([pack])
  expect(figures.findings).toMatchObject([{ severity: 'error', code: 'replica_tampered', path: pack }])
  expect(await expectWhole(place)).toEqual(ids(0, 1, 2).sort())
  expect(await sync({ recheckBytes: 1e9 })).toMatchObject({ damaged: [], vanished: [], objectsPut: 0, findings: [] })
})

test('frames of a pack that is damaged on the copy come from whatever packs the host has them in by now', async () => {
  await sync()
  const pack = await packOf(0)
  await onHost(async (repository) => {
    await forget(repository, ids(0))
    await prune(repository)
  })
  writeFileSync(join(place, pack), 'gone bad')
  const figures = await sync({ recheckBytes: 1e9 })
  // What only the forgotten archive needed is on neither side, and nothing goes while that is so.
  expect(figures.archives.map(({ state }) => state)).toEqual(['copied', 'copied', 'incomplete'])
  expect(figures.findings.some(({ code, path }) => code === 'replica_incomplete' && path === archives[0]!.id)).toBe(true)
  const copy = await openRepository(there())
  for (const id of ids(1, 2))
    for await (const entry of (await copy.reader(id)).entries()) for (const frame of entry.frames) await copy.frame(frame)
  copy.close()
})

test('a damaged pack of the host keeps its archives off the copy, and no others', async () => {
  const pack = await onHost(async (repository) => {
    const index = await repository.index()
    for await (const entry of repository.entriesOf(archives[2]!, ['logs/changes.bin'])) return index.get(entry.frames.at(-1)!)!.pack
  })
  const bytes = readFileSync(join(host, pack!))
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(join(host, pack!), bytes)
  const figures = await sync()
  expect(figures.archives.map(({ state }) => state)).toEqual(['incomplete', 'copied', 'copied'])
  expect(figures.findings.map(({ code }) => code).sort()).toEqual(['replica_incomplete', 'repository_damaged'])
  expect(await expectWhole(place)).toEqual(ids(0, 1).sort())
})

test('packs leave while the archive that needs them is still looked at; one that went for nothing comes off with the next sweep', async () => {
  const data = await onHost(async (repository) => {
    const index = await repository.index()
    for await (const entry of repository.entriesOf(archives[2]!, ['logs/changes.bin'])) return index.get(entry.frames.at(-1)!)!.pack
  })
  for (const name of [data!, indexNameOf(data!)]) rmSync(join(host, name))
  const figures = await sync()
  expect(figures.archives.map(({ state }) => state)).toEqual(['incomplete', 'copied', 'copied'])
  // No plan has it: it left before the frames that are lost were met.
  const lone = await packOf(2)
  expect(await there().stat(lone)).not.toBeNull()
  rmSync(join(host, manifestName(archives[2]!.id)))
  await sync()
  expect(await expectWhole(place)).toEqual(ids(0, 1).sort())
  expect(await there().stat(lone)).toBeNull()
})

test('a place of another repository, of another home, or one that is suddenly empty is refused', async () => {
  await sync()
  await expect(sync({ owner: { homeId: 'home-2', host: 'other' } })).rejects.toMatchObject({ code: 'replica_refused' })
  expect(await sync({ owner: { homeId: 'home-2', host: 'other' }, isTakeOver: true })).toMatchObject({ objectsPut: 0 })
  await expect(sync()).rejects.toMatchObject({ code: 'replica_refused' })
  const other = await makeBackedUpWorkspace()
  await expect(syncOf(other.repositoryPath, there(), { workspaceId: archives[0]!.workspaceId })).rejects.toMatchObject({
    code: 'replica_refused',
  })
  rmSync(other.folder, { recursive: true })
  rmSync(place, { recursive: true })
  await expect(sync({ isTakeOver: false })).rejects.toMatchObject({ code: 'replica_emptied' })
  expect(await sync({ isTakeOver: true })).toMatchObject({ archivesCopied: 3 })
  expect(await expectWhole(place)).toEqual(ids(0, 1, 2).sort())
})

test('an empty place that becomes another’s while everything is planned gets nothing of ours', async () => {
  const other = await makeBackedUpWorkspace()
  const head = readFileSync(join(other.repositoryPath, 'repository.json'))
  const storage = there()
  const raced = overlaid(storage, {
    put: async (name, body, sha256) => {
      // The other was a moment sooner.
      if (name === 'repository.json') await storage.put(name, head)
      await storage.put(name, body, sha256)
    },
  })
  await expect(syncOf(host, raced, { workspaceId: archives[0]!.workspaceId, memory })).rejects.toMatchObject({ code: 'replica_refused' })
  rmSync(other.folder, { recursive: true })
  const names: string[] = []
  for await (const { name } of there().list('.')) names.push(name)
  expect(names.sort()).toEqual(['README.txt', 'recover.sh', 'repository.json'])
  expect(memory).toMatchObject({ repositoryId: null, objects: {} })
})

test('whichever call of a sync is the last one before the power goes, what the copy lists is whole, and the next sync ends it', async () => {
  const later = fixedClock(systemClock.nowMs() + 1000)
  const policy = { ...KEEP_ALL, keepLast: 2, dailyDays: 0, weeklyWeeks: 0, monthlyMonths: 0 }
  const base = join(workspace.folder, 'base')
  // The copy has the two older archives, and lets the oldest go once it gets the third.
  await onHost(async (repository) => void (await repository.storage.move(manifestName(archives[2]!.id), 'kept-back')))
  const known = emptyMemory()
  await syncOf(host, openLocalStorage(base, { create: true }), { workspaceId: archives[0]!.workspaceId, memory: known })
  await onHost(async (repository) => void (await repository.storage.move('kept-back', manifestName(archives[2]!.id))))
  const attempt = async (fault: Fault | null) => {
    rmSync(place, { recursive: true, force: true })
    cpSync(base, place, { recursive: true })
    const storage = new FaultStorage(openLocalStorage(place))
    const saved = { value: structuredClone(known) }
    const own = structuredClone(known)
    storage.arm(fault)
    const more = { memory: own, saveMemory: () => void (saved.value = structuredClone(own)), policy, clock: later, parallel: 1 }
    const failure = await syncOf(host, storage, { workspaceId: archives[0]!.workspaceId, ...more }).then(
      () => null,
      (error: unknown) => error,
    )
    return { calls: storage.calls, failed: storage.failed, failure, memory: saved.value }
  }
  const { calls, failure } = await attempt(null)
  expect(failure).toBeNull()
  expect(await expectWhole(place)).toEqual(ids(1, 2).sort())
  const changing = new Set(['put', 'replace', 'commit', 'remove'])
  for (const [i, { verb }] of calls.entries()) {
    if (!changing.has(verb) && i % 9 !== 0) continue
    for (const done of changing.has(verb) ? (['nothing', 'all'] as const) : (['nothing'] as const)) {
      const after = await attempt({ call: i + 1, errno: 'EIO', done, lasts: true })
      const label = `${done} of call ${i + 1}, ${verb} ${after.failed?.name}`
      expect(await expectWhole(place, { verify: false }), label).toContain(archives[1]!.id)
      // A killed process remembers what it had written down.
      const figures = await syncOf(host, there(), { workspaceId: archives[0]!.workspaceId, memory: after.memory, policy, clock: later })
      expect(figures, label).toMatchObject({ vanished: [], findings: [] })
      expect(await expectWhole(place), label).toEqual(ids(1, 2).sort())
    }
  }
})
