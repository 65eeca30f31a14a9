import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { FaultStorage, type StorageCall } from '#test/builders/fault-storage.ts'
import { PausingStorage } from '#test/builders/pausing-storage.ts'
import { daysAhead, expectWhole, forget, prune, unforget } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { openRepository, type Repository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { repack } from './repack.ts'
import { addNeeds, nothingNeeded } from './survey.ts'

let workspace: BackedUpWorkspace
let archives: ArchiveId[]
let copies = 0

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(join(workspace.root, 'logs'))
  archives = []
  for (let day = 0; day < 3; day++) {
    writeFileSync(join(workspace.root, `logs/${day}`), noise(3000, day))
    writeFileSync(join(workspace.root, 'logs/changes'), noise(30_000, 10 + day))
    archives.push((await workspace.backUp()).id)
  }
})
afterAll(() => rmSync(workspace.folder, { recursive: true, force: true }))

/** What somebody does who took over, on a copy of the repository. */
type Work = (repository: Repository) => Promise<unknown>

async function onCopy<T>(work: (place: string) => Promise<T>): Promise<T> {
  const place = join(workspace.folder, `copy-${copies++}`)
  cpSync(workspace.repositoryPath, place, { recursive: true })
  try {
    return await work(place)
  } finally {
    rmSync(place, { recursive: true })
  }
}

async function opened<T>(place: string, work: (repository: Repository) => Promise<T>): Promise<T> {
  const repository = await openRepository(openLocalStorage(place))
  try {
    return await work(repository)
  } finally {
    repository.close()
  }
}

const CHANGING = new Set<StorageCall['verb']>(['put', 'replace', 'commit', 'move', 'remove'])

/** Pauses `work` before each call that changes something, and some that do not, and hands each outcome to `check`. */
async function pausedEverywhere(
  work: Work,
  meanwhile: Work,
  check: (place: string, failure: string | null, label: string) => Promise<void>,
): Promise<number> {
  let calls: StorageCall[] = []
  const attempt = (at: number | null) =>
    onCopy(async (place) => {
      const storage = new PausingStorage(openLocalStorage(place))
      const repository = await openRepository(storage)
      let wasPaused = false
      const elsewhere = async () => {
        await opened(place, meanwhile)
        wasPaused = true
      }
      storage.pauseAt(at ?? -1, elsewhere)
      const failure = await work(repository).then(
        () => null,
        (error: unknown) => (isAppError(error) ? error.code : String(error)),
      )
      if (at === null) calls = storage.calls
      repository.close()
      const call = at === null ? null : storage.calls[at - 1]
      expect(wasPaused).toBe(at !== null)
      await check(place, failure, `paused before ${at}, ${call?.verb} ${call?.name}`)
    })
  await attempt(null)
  let attempts = 0
  for (const [i, { verb }] of calls.entries()) {
    // The first calls take the lease: before that nobody can be taken for dead.
    const isAfterLease = calls.slice(0, i).some((call) => call.verb === 'put' && call.name === 'locks/writer.json')
    if (!isAfterLease || (!CHANGING.has(verb) && i % 30 !== 0)) continue
    attempts++
    await attempt(i + 1)
  }
  return attempts
}

test('a backup that stands still at any call while others forget and prune all that it builds on lists nothing, or what is whole', async () => {
  const ends = new Set<string | null>()
  // Most of it is as in the archives that go, one file is new.
  writeFileSync(join(workspace.root, 'logs/new'), noise(9000, 77))
  const attempts = await pausedEverywhere(
    (repository) => workspace.backUp('backup', repository),
    async (repository) => {
      await forget(repository, archives.slice(1))
      await prune(repository)
    },
    async (place, failure, label) => {
      ends.add(failure)
      // An index whose pack went may lie there until the next prune.
      expect(await expectWhole(place, { verify: false }), label).toContain(archives[0])
      await opened(place, async (repository) => {
        const next = await workspace.backUp('backup', repository)
        await prune(repository)
        expect(await expectWhole(place), label).toContain(next.id)
      })
    },
  )
  expect(attempts).toBeGreaterThan(3)
  // What was not told as done says why in words that people can act on.
  expect([...ends].filter((end) => end !== null && end !== 'lease_lost')).toEqual([])
  expect(ends).toContain('lease_lost')
})

test('a prune that stands still at any call while others take an archive back, hold it and back up takes nothing of theirs', async () => {
  const [first, second, third] = archives as [ArchiveId, ArchiveId, ArchiveId]
  let isTakenBack = false
  let taken: ArchiveId | null = null
  await pausedEverywhere(
    async (repository) => {
      ;[isTakenBack, taken] = [false, null]
      // Packs are rewritten in the first, moved and unlinked in both.
      await forget(repository, [first])
      await prune(repository, 7, { clock: daysAhead(8) })
      await forget(repository, [second])
      await prune(repository)
    },
    async (repository) => {
      if ((await repository.listTrashed()).includes(second)) {
        await unforget(repository, second)
        await repository.addMark(second, {
          kind: 'hold',
          at: new Date(systemClock.nowMs()).toISOString(),
          actor: 'Ines',
          reason: 'audit',
          until: null,
        })
        isTakenBack = true
      }
      taken = (await workspace.backUp('backup', repository)).id
      // Another prune takes what is twice there, at once.
      await prune(repository)
    },
    async (place, failure, label) => {
      expect([null, 'lease_lost', 'archive_unknown'], label).toContain(failure)
      const kept = [third, ...(taken ? [taken] : []), ...(isTakenBack ? [second] : [])]
      expect(await expectWhole(place, { verify: false }), label).toEqual(expect.arrayContaining(kept))
      await opened(place, async (repository) => {
        if (isTakenBack)
          expect(
            (await repository.marksOf(second)).map(({ kind }) => kind),
            label,
          ).toContain('hold')
        await prune(repository)
      })
      expect(await expectWhole(place), label).toEqual(expect.arrayContaining(kept))
    },
  )
})

test('packs of a rewrite that failed go while the lease is held; once another writer took over they stay, who may need them', async () => {
  for (const isOurs of [true, false]) {
    await onCopy(async (place) => {
      const storage = new FaultStorage(openLocalStorage(place))
      const repository = await openRepository(storage)
      const lease = await repository.lock({ purpose: 'prune', since: '', monotonicMs: () => performance.now() })
      const needed = await nothingNeeded(repository)
      await addNeeds(repository, needed, archives)
      const packs = async () => {
        let count = 0
        for await (const { name } of storage.list('packs/')) if (name.endsWith('.pack')) count++
        return count
      }
      const before = await packs()
      const all = new Set(needed.inPacks.index.packNames.keys())
      const input = { repository, lease, needed: needed.inPacks, packs: all, kind: 'data' } as const
      if (!isOurs) rmSync(join(place, 'locks/writer.json'))
      storage.failsOn = /\.idx\.zst$/
      await expect(repack(input)).rejects.toMatchObject({ code: 'io_failed' })
      storage.failsOn = null
      expect((await packs()) - before).toBe(isOurs ? 0 : 1)
      await lease.release()
      repository.close()
    })
  }
})
