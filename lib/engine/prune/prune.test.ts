import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import { type ArchiveId, newArchiveId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { DAY_MS, daysAhead, expectWhole, forget, prune, unforget } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { type Manifest, manifestName } from '../repository/manifest.ts'
import { openRepository, type Repository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { planPrune } from './run-prune.ts'

let workspace: BackedUpWorkspace
let repository: Repository
let archives: Manifest[]
/** The repository with the four archives, which tests copy. */
let template: string
let place: string
let copies = 0
const ids = (...numbers: number[]) => numbers.map((number) => archives[number]!.id)
const at = () => new Date(systemClock.nowMs()).toISOString()

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(join(workspace.root, 'logs'))
  writeFileSync(join(workspace.root, 'orchestrator_state.json'), '{"tasks":[1,2,3]}')
  archives = []
  for (let day = 0; day < 4; day++) {
    for (let i = 0; i < 6; i++) writeFileSync(join(workspace.root, `logs/run-${day}-${i}.jsonl`), noise(4000, day * 10 + i))
    writeFileSync(join(workspace.root, 'logs/changes.bin'), noise(200_000, 100 + day))
    archives.push(await workspace.backUp())
  }
  template = join(workspace.folder, 'template')
  cpSync(workspace.repositoryPath, template, { recursive: true })
  return () => rmSync(workspace.folder, { recursive: true, force: true })
})

beforeEach(async () => {
  place = join(workspace.folder, `copy-${copies++}`)
  cpSync(template, place, { recursive: true })
  repository = await openRepository(openLocalStorage(place))
})

afterEach(() => {
  repository.close()
  rmSync(place, { recursive: true, force: true })
})

const bytesBelow = (folder: string): number =>
  existsSync(join(place, folder))
    ? readdirSync(join(place, folder), { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
        const stats = statSync(join(place, folder, name))
        return sum + (stats.isFile() ? stats.size : 0)
      }, 0)
    : 0

test('a forgotten archive is out of the list, comes back whole, and a prune within the days of grace lets it be', async () => {
  await forget(repository, ids(0, 1))
  expect((await repository.listArchives()).sort()).toEqual(ids(2, 3).sort())
  expect((await repository.listTrashed()).sort()).toEqual(ids(0, 1).sort())
  expect(await prune(repository, 7)).toMatchObject({ expired: [], deadPacks: 0 })
  await unforget(repository, archives[0]!.id)
  expect(await expectWhole(place)).toEqual(ids(0, 2, 3).sort())
})

test('without grace what only forgotten archives needed is gone at once, and only that', async () => {
  await forget(repository, ids(0, 1))
  const before = bytesBelow('.')
  const planned = await planPrune({ repository, clock: systemClock, graceMs: 0, journals: null })
  const figures = await prune(repository)
  expect(figures.expired.sort()).toEqual(ids(0, 1).sort())
  expect(before - bytesBelow('.')).toBeGreaterThan(200_000)
  expect(Math.abs(planned.reclaimedBytes - figures.reclaimedBytes)).toBeLessThan(4000)
  expect(await repository.listTrashed()).toEqual([])
  expect(await expectWhole(place)).toEqual(ids(2, 3).sort())
  expect(await prune(repository)).toMatchObject({ reclaimedBytes: 0, deadPacks: 0, repackPacks: 0 })
})

test('packs go in two steps: moved by the prune after the grace of the archive, unlinked by one after their own', async () => {
  await forget(repository, ids(0, 1))
  const first = await prune(repository, 7, { clock: daysAhead(8) })
  expect(first).toMatchObject({ expired: expect.arrayContaining(ids(0, 1)) })
  expect(first.reclaimedBytes).toBeLessThan(4000)
  expect(bytesBelow('trash/packs')).toBe(first.waitingBytes)
  expect(await prune(repository, 7, { clock: daysAhead(14) })).toMatchObject({ reclaimedBytes: 0 })
  expect(bytesBelow('trash/packs')).toBe(first.waitingBytes)
  const last = await prune(repository, 7, { clock: daysAhead(16) })
  expect(last.reclaimedBytes).toBe(first.waitingBytes)
  expect(bytesBelow('trash/packs')).toBe(0)
  expect(await expectWhole(place)).toEqual(ids(2, 3).sort())
})

test('a clock that was set back a year takes nothing away', async () => {
  await forget(repository, ids(0))
  const figures = await prune(repository, 7, { clock: daysAhead(-365) })
  expect(figures).toMatchObject({ expired: [], reclaimedBytes: 0 })
})

test('an archive that was published by a writer taken for dead gets its packs back from the trash', async () => {
  await forget(repository, ids(0))
  await prune(repository, 7, { clock: daysAhead(8) })
  // As if it had been published in the moment between the writer's look at its lease and the prune.
  cpSync(join(workspace.repositoryPath, manifestName(archives[0]!.id)), join(place, manifestName(archives[0]!.id)))
  await expectWhole(place, { verify: false })
  expect((await prune(repository, 7, { clock: daysAhead(30) })).broughtBack).toBeGreaterThan(0)
  expect(await expectWhole(place)).toContain(archives[0]!.id)
})

test('a reader that opened the repository before a prune without grace goes on reading what stays', async () => {
  const reading = await openRepository(openLocalStorage(place))
  await reading.index()
  await forget(repository, ids(0, 1, 2))
  await prune(repository)
  for await (const entry of (await reading.reader(archives[3]!.id)).entries()) for (const id of entry.frames) await reading.frame(id)
  reading.close()
})

test('a backup after a prune reads nothing that is gone, and numbers of a series are not given out twice', async () => {
  const own = await makeBackedUpWorkspace()
  try {
    mkdirSync(join(own.root, 'logs'))
    writeFileSync(join(own.root, 'logs/a'), noise(5000, 1))
    const taken: Manifest[] = []
    for (let i = 0; i < 3; i++) {
      writeFileSync(join(own.root, `logs/${i}`), noise(5000, 7 + i))
      taken.push(await own.backUp())
    }
    await forget(own.repository, [taken[2]!.id])
    await prune(own.repository)
    const next = await own.backUp()
    expect(next.seriesNumber).toBe(4)
    expect(await expectWhole(own.repositoryPath)).toEqual([taken[0]!.id, taken[1]!.id, next.id].sort())
  } finally {
    rmSync(own.folder, { recursive: true, force: true })
  }
})

test('of two prunes at once one waits or is told who is at work, and together they do what one does', async () => {
  await forget(repository, ids(0, 1, 2))
  const other = await openRepository(openLocalStorage(place))
  const [first, second] = await Promise.all([prune(repository, 0, { waitMs: 60_000 }), prune(other, 0, { waitMs: 60_000 })])
  expect([...first.expired, ...second.expired].sort()).toEqual([...ids(0, 1, 2)].sort())
  expect(await expectWhole(place)).toEqual(ids(3))
  const lease = await other.lock({ purpose: 'a prune', since: at(), monotonicMs: () => performance.now(), waitMs: 0 })
  await expect(prune(repository, 0)).rejects.toMatchObject({ code: 'repository_locked' })
  await lease.release()
  other.close()
})

test('many small packs become few', async () => {
  const own = await makeBackedUpWorkspace()
  try {
    mkdirSync(join(own.root, 'logs'))
    for (let i = 0; i < 9; i++) {
      writeFileSync(join(own.root, `logs/${i}`), noise(5000, i))
      await own.backUp()
    }
    const count = async () => {
      let packs = 0
      for await (const { name } of own.repository.storage.list('packs/')) if (name.endsWith('.pack')) packs++
      return packs
    }
    expect(await count()).toBe(18)
    await prune(own.repository)
    expect(await count()).toBe(2)
    await expectWhole(own.repositoryPath)
  } finally {
    rmSync(own.folder, { recursive: true, force: true })
  }
})

const NOT_FOREVER = new Date(systemClock.nowMs() + DAY_MS).toISOString()

test('what is held stays, listed or in the trash, until the hold ends by itself or is released', async () => {
  const [id] = ids(0) as [ArchiveId]
  await repository.addMark(id, { kind: 'hold', at: at(), actor: 'Ines', reason: 'audit', until: NOT_FOREVER })
  await expect(forget(repository, ids(0, 1))).rejects.toMatchObject({
    code: 'archive_kept',
    message: expect.stringContaining('Ines holds it'),
  })
  expect(await repository.listArchives()).toHaveLength(4)
  await forget(repository, [id], daysAhead(2))
  await repository.addMark(id, { kind: 'hold', at: at(), actor: 'Ines', reason: 'still', until: null })
  expect(await prune(repository, 0, { clock: daysAhead(30) })).toMatchObject({ expired: [] })
  await repository.addMark(id, { kind: 'release', at: at(), actor: 'Ines', reason: 'done' })
  expect(await prune(repository)).toMatchObject({ expired: [id] })
})

test('the last known-good archive stays, also when every proof has lapsed; a failure later takes the word back', async () => {
  const grade = (id: ArchiveId, passed: boolean, level: 1 | 3, when = at()) =>
    repository.addMark(id, { kind: 'grade', level, passed, durationMs: 1, expiresAt: NOT_FOREVER, findings: [], at: when, actor: 'test' })
  const [old, newer] = ids(0, 2) as [ArchiveId, ArchiveId]
  await grade(old, true, 3)
  await expect(forget(repository, [old])).rejects.toMatchObject({
    code: 'archive_kept',
    message: expect.stringContaining('last known-good'),
  })
  await expect(forget(repository, [old], daysAhead(60))).rejects.toMatchObject({ code: 'archive_kept' })
  await grade(newer, true, 3)
  await forget(repository, [old])
  await unforget(repository, old)
  await grade(newer, false, 1, new Date(systemClock.nowMs() + 1000).toISOString())
  await expect(forget(repository, [old])).rejects.toMatchObject({ code: 'archive_kept' })
})

test('a known-good archive dated ahead of the clock does not take the place of the one before', async () => {
  const proof = {
    kind: 'grade' as const,
    level: 3 as const,
    passed: true,
    durationMs: 1,
    expiresAt: NOT_FOREVER,
    findings: [],
    actor: 'test',
  }
  const [old, ahead] = ids(0, 2) as [ArchiveId, ArchiveId]
  for (const id of [old, ahead]) await repository.addMark(id, { ...proof, at: at() })
  const aheadMs = Date.parse((await repository.reader(ahead)).manifest.createdAt)
  const before = { ...systemClock, nowMs: () => aheadMs - 1 }
  await expect(forget(repository, [old], before)).rejects.toMatchObject({ message: expect.stringContaining('last known-good') })
  await expect(forget(repository, [ahead], before)).rejects.toMatchObject({ message: expect.stringContaining('last known-good') })
})

test('a newest archive that is suspect stays until it is accepted', async () => {
  const [newest] = ids(3) as [ArchiveId]
  await repository.addMark(newest, { kind: 'suspect', at: at(), actor: 'backup', reason: 'torn', findings: [] })
  await expect(forget(repository, [newest])).rejects.toMatchObject({ code: 'archive_kept', message: expect.stringContaining('suspect') })
  await repository.addMark(newest, { kind: 'accept', at: at(), actor: 'Ines', reason: 'meant' })
  await forget(repository, [newest])
})

test('the safety archive of a restore stays while it can be undone, or when a journal cannot be read', async () => {
  const safety = await workspace.backUp('safety')
  rmSync(place, { recursive: true })
  cpSync(workspace.repositoryPath, place, { recursive: true })
  const journals = join(place, 'journals')
  mkdirSync(journals)
  const undo = (until: string) =>
    JSON.stringify({ version: 1, until, journal: { jobId: 'job_1', archiveId: null, safetyArchiveId: safety.id } })
  writeFileSync(join(journals, 'job_1.undo'), undo(NOT_FOREVER))
  await expect(forget(repository, [safety.id], systemClock, journals)).rejects.toMatchObject({
    code: 'archive_kept',
    message: expect.stringContaining('can be undone'),
  })
  writeFileSync(join(journals, 'job_1.undo'), undo(NOT_FOREVER).slice(0, 40))
  await expect(forget(repository, [safety.id], systemClock, journals)).rejects.toMatchObject({
    message: expect.stringContaining('cannot be read'),
  })
  writeFileSync(join(journals, 'job_1.undo'), undo(NOT_FOREVER))
  await forget(repository, [safety.id], daysAhead(2), journals)
})

test('an offload archive stays until somebody releases it', async () => {
  const offload = await workspace.backUp('offload')
  rmSync(place, { recursive: true })
  cpSync(workspace.repositoryPath, place, { recursive: true })
  await expect(forget(repository, [offload.id])).rejects.toMatchObject({
    code: 'archive_kept',
    message: expect.stringContaining('only copy'),
  })
  await repository.addMark(offload.id, { kind: 'release', at: at(), actor: 'Ines', reason: 'copied' })
  await forget(repository, [offload.id])
})

test('nothing is forgotten or pruned while a manifest cannot be read or a frame is missing', async () => {
  await forget(repository, ids(0))
  writeFileSync(join(place, manifestName(archives[1]!.id)), 'damaged')
  const refused = { code: 'prune_refused', message: expect.stringContaining(archives[1]!.id) }
  await expect(prune(repository)).rejects.toMatchObject(refused)
  await expect(forget(repository, ids(2))).rejects.toMatchObject(refused)
  cpSync(join(workspace.repositoryPath, manifestName(archives[1]!.id)), join(place, manifestName(archives[1]!.id)))

  const { pack } = (await repository.index()).get(archives[3]!.sections[0]!.id)!
  rmSync(join(place, pack))
  rmSync(join(place, pack.replace('.pack', '.idx.zst')))
  await expect(prune(repository)).rejects.toMatchObject({ code: 'prune_refused' })
  await expect(forget(repository, ids(2))).rejects.toMatchObject({ code: 'prune_refused' })
  expect(await repository.listTrashed()).toEqual(ids(0))
})

test('a rewrite copies no damaged frame: damage to what is needed stops it, damage to what nobody needs does not', async () => {
  await forget(repository, ids(0, 1))
  const index = await repository.index()
  const [first] = (await entryFrames(archives[0]!.id, 'logs/changes.bin')).map((id) => index.get(id)!)
  const neighbour = (await entryFrames(archives[0]!.id, 'logs/run-0-0.jsonl')).map((id) => index.get(id)!).at(-1)!
  expect(neighbour.pack).toBe(first!.pack)
  const flip = ({ pack, offset, storedBytes }: { pack: string; offset: number; storedBytes: number }) => {
    const bytes = readFileSync(join(place, pack))
    bytes[offset + (storedBytes >> 1)]! ^= 1
    writeFileSync(join(place, pack), bytes)
  }
  flip(neighbour)
  await expect(prune(repository)).rejects.toThrow(/does not decompress|does not match its id/)
  flip(neighbour)
  flip(first!)
  expect(await prune(repository)).toMatchObject({ repackPacks: expect.toSatisfy((packs: number) => packs > 0) })
  expect(existsSync(join(place, first!.pack))).toBe(false)
  expect(await expectWhole(place)).toEqual(ids(2, 3).sort())
})

/** The frames of one file's content. */
async function entryFrames(archive: ArchiveId, wanted: string): Promise<string[]> {
  const { entries } = await repository.reader(archive)
  for await (const { path, frames } of entries([wanted])) if (path === wanted) return frames.slice(1)
  return []
}

test('a writer that stood still right before it published, while a prune took its packs, lists nothing', async () => {
  await forget(repository, ids(0))
  const storage = openLocalStorage(place)
  const put = storage.put.bind(storage)
  let pruned = 0
  storage.put = async (name, bytes) => {
    if (name.startsWith('manifests/') && pruned++ === 0) {
      // What another process does meanwhile that takes this one for dead.
      rmSync(join(place, 'locks/writer.json'))
      await prune(repository)
    }
    return put(name, bytes)
  }
  const writer = await openRepository(storage)
  const lease = await writer.lock({ purpose: 'backup', since: at(), monotonicMs: () => performance.now() })
  const manifest = { ...archives[0]!, id: newArchiveId() }
  await expect(writer.publish(manifest, lease, [])).rejects.toMatchObject({ code: 'lease_lost' })
  await lease.release()
  writer.close()
  expect(pruned).toBe(1)
  expect(await expectWhole(place)).toEqual(ids(1, 2, 3).sort())
})

test('a prune lets a backup pass that waits, and then does the rest', async () => {
  await forget(repository, ids(0, 1, 2))
  const other = await openRepository(openLocalStorage(place))
  let waiting: Promise<unknown> | null = null
  const phases: string[] = []
  const figures = await prune(repository, 0, {
    onProgress: ({ phase, current }) => {
      phases.push(`${phase} ${current === 'another writer'}`)
      // Under way once the prune holds the lease.
      waiting ??= other
        .lock({ purpose: 'backup', since: at(), monotonicMs: () => performance.now(), waitMs: 20_000 })
        .then((lease) => lease.release())
    },
  })
  await waiting
  expect(phases).toContain('waiting true')
  expect(figures.expired).toHaveLength(3)
  expect(await expectWhole(place)).toEqual(ids(3))
  other.close()
})
