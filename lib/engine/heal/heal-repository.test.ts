import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { FaultStorage } from '#test/builders/fault-storage.ts'
import { expectWhole, forget } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { openRepository, type Repository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { verifyRepository } from '../verify/verify-repository.ts'
import { healRepository } from './heal-repository.ts'

let workspace: BackedUpWorkspace
let archives: ArchiveId[]
let copies = 0

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(join(workspace.root, 'logs'))
  archives = []
  for (let day = 0; day < 3; day++) {
    writeFileSync(join(workspace.root, `logs/small-${day}.log`), noise(900 + day, day))
    writeFileSync(join(workspace.root, 'logs/changes.log'), noise(5000 + day, 10 + day))
    if (day === 1) writeFileSync(join(workspace.root, 'logs/large.bin'), noise(1_500_000, 99))
    archives.push((await workspace.backUp()).id)
  }
  await workspace.repository.addMark(archives[1]!, { kind: 'hold', at: '2026-01-01T00:00:00Z', actor: 'test', reason: 'keep', until: null })
  await forget(workspace.repository, [archives[0]!])
})
afterAll(() => rmSync(workspace.folder, { recursive: true, force: true }))

/** A copy of the repository to damage. */
function copied(): string {
  const place = join(workspace.folder, `copy-${copies++}`)
  cpSync(workspace.repositoryPath, place, { recursive: true })
  return place
}

const objectsOf = (place: string) =>
  readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('locks') && !name.startsWith('damaged') && statSync(join(place, name)).isFile())
    .sort()

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 0x10
  writeFileSync(path, bytes)
}

/** Heals the repository at a place, with what else there is to help. */
async function heal(place: string, options: { others?: Repository[]; isDryRun?: boolean; storage?: FaultStorage } = {}) {
  const repository = await openRepository(options.storage ?? openLocalStorage(place))
  try {
    return await healRepository({
      repository,
      others: options.others ?? [],
      expected: archives,
      isDryRun: options.isDryRun ?? false,
      clock: systemClock,
      waitMs: 0,
    })
  } finally {
    repository.close()
  }
}

async function errorsAt(place: string): Promise<string[]> {
  const repository = await openRepository(openLocalStorage(place))
  const { findings } = await verifyRepository({ repository })
  repository.close()
  return findings.filter(({ severity }) => severity === 'error').map(({ message }) => message)
}

test('a sound repository is left as it is', async () => {
  const place = copied()
  const before = objectsOf(place)
  expect(await heal(place)).toMatchObject({
    damaged: [],
    lostFrames: 0,
    stillLost: 0,
    putRight: [],
    setAside: [],
    affected: [],
    unreadable: [],
  })
  expect(objectsOf(place)).toEqual(before)
})

test('with a copy of the repository every damaged or missing object is healed, whichever it is and however it is hit', async () => {
  const other = await openRepository(workspace.repository.storage)
  for (const [n, name] of objectsOf(workspace.repositoryPath).entries()) {
    if (name === 'repository.json' || name.startsWith('trash/moved/') || name.startsWith('trash/numbers/')) continue
    for (const how of ['flipped', 'cut', 'gone'] as const) {
      // A mark that is gone leaves no trace.
      if (how === 'gone' && name.includes('marks/')) continue
      const place = copied()
      const path = join(place, name)
      if (how === 'flipped') flip(path, (n * 7919) % statSync(path).size)
      else if (how === 'cut') truncateSync(path, Math.floor(statSync(path).size / 2))
      else rmSync(path)
      const label = `${name} ${how}`
      const figures = await heal(place, { others: [other] })
      expect(figures, label).toMatchObject({ stillLost: 0, affected: [], unreadable: [] })
      expect(await errorsAt(place), label).toEqual([])
      const repository = await openRepository(openLocalStorage(place))
      expect((await repository.listArchives()).sort(), label).toEqual(archives.slice(1).sort())
      expect(
        (await repository.marksOf(archives[1]!)).map(({ kind }) => kind),
        label,
      ).toEqual(['hold'])
      repository.close()
      await expectWhole(place)
      rmSync(place, { recursive: true })
    }
  }
})

test('without a copy, heads come from their entries and content from the live files that still have it', async () => {
  const place = copied()
  const packs = objectsOf(place).filter((name) => name.endsWith('.pack'))
  const data: string[] = []
  for (const pack of packs) {
    const index = await openRepository(openLocalStorage(place)).then((repository) => repository.index())
    for (let number = 0; number < index.size; number++) {
      const { location } = index.frameAt(number)
      // Packs of sections hold text of entries; those of data hold the large file among others.
      if (location.pack === pack && location.rawBytes > 500_000) data.push(pack)
    }
  }
  expect(data.length).toBeGreaterThan(0)
  const [pack] = data
  flip(join(place, pack!), 30)
  flip(join(place, pack!), statSync(join(place, pack!)).size - 400_000)
  const planned = await heal(place, { isDryRun: true })
  expect(planned).toMatchObject({ stillLost: 0, setAside: [] })
  expect(await errorsAt(place)).not.toEqual([])
  const figures = await heal(place)
  expect(figures.found).toEqual(planned.found)
  expect(figures.found.liveFiles).toBeGreaterThan(0)
  expect(figures.found.damagedPacks).toBeGreaterThan(0)
  expect(figures.setAside).toContain(pack)
  expect(await errorsAt(place)).toEqual([])
  await expectWhole(place)
})

test('what nobody has is named by archive and path, goes out of the way, and is whole again once its bytes are', async () => {
  const place = copied()
  const repository = await openRepository(openLocalStorage(place))
  const entries = []
  for await (const entry of repository.entriesOf(await repository.readManifest(archives[1]!), ['logs/changes.log'])) entries.push(entry)
  const location = (await repository.index()).get(entries[0]!.frames[1]!)!
  repository.close()
  const before = readFileSync(join(place, location.pack))
  flip(join(place, location.pack), location.offset + 40)
  const figures = await heal(place)
  expect(figures.stillLost).toBe(1)
  expect(figures.affected).toEqual([{ archiveId: archives[1], entries: 1, paths: ['logs/changes.log'] }])
  expect(await errorsAt(place)).toEqual([])
  // The disk was the culprit, and gives the right bytes again.
  const aside = objectsOf(place.concat('/damaged')).find((name) => name.endsWith('.pack'))!
  writeFileSync(join(place, 'damaged', aside), before)
  expect(await heal(place)).toMatchObject({ lostFrames: 1, stillLost: 0, affected: [] })
  await expectWhole(place)
})

test('whichever call of a healing is the last one before the power goes, the next one ends it', async () => {
  const other = await openRepository(workspace.repository.storage)
  const hurt = () => {
    const place = copied()
    for (const [n, name] of objectsOf(place).entries())
      if (name.endsWith('.pack') || name.endsWith('.mft.zst')) flip(join(place, name), (n * 31) % statSync(join(place, name)).size)
    return place
  }
  const counting = new FaultStorage(openLocalStorage(hurt()))
  await heal('', { others: [other], storage: counting })
  const { calls } = counting
  for (const [i, { verb }] of calls.entries()) {
    if (!['put', 'replace', 'move', 'remove', 'commit'].includes(verb)) continue
    const place = hurt()
    const storage = new FaultStorage(openLocalStorage(place))
    storage.arm({ call: i + 1, errno: 'EIO', done: i % 2 === 0 ? 'all' : 'nothing', lasts: true })
    await heal(place, { others: [other], storage }).catch(() => null)
    rmSync(join(place, 'locks'), { recursive: true, force: true })
    expect(await heal(place, { others: [other] }), `${verb}, call ${i + 1}`).toMatchObject({ stillLost: 0, unreadable: [] })
    expect(await errorsAt(place), `${verb}, call ${i + 1}`).toEqual([])
    await expectWhole(place)
    rmSync(place, { recursive: true })
  }
})
