import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newArchiveId, newSeriesId, newWorkspaceId } from '#lib/base/ids.ts'
import { Conversation } from '#test/builders/conversation.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { acquireLease, type LeaseOptions } from './lease.ts'
import type { Manifest } from './manifest.ts'
import { initRepository, openRepository } from './repository.ts'

const NAME = 'locks/writer.json'
const MINUTE_MS = 60_000

let folder: string
let storage: Storage
/** The same repository as another process sees it. */
let elsewhere: Storage
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-lease-'))
  storage = openLocalStorage(folder)
  elsewhere = openLocalStorage(folder)
})
const writers: Conversation[] = []
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.end()
  storage.close()
  elsewhere.close()
  rmSync(folder, { recursive: true })
})

const take = (from: Storage, options: Partial<LeaseOptions> = {}) =>
  acquireLease(from, { purpose: 'a test', since: 'now', monotonicMs: () => performance.now(), ...options })

/** A lease of a host whose processes cannot be seen from here. */
const foreignLease = (counter: number) =>
  Buffer.from(
    JSON.stringify({
      host: 'elsewhere',
      bootId: 'b',
      pidNamespace: null,
      pid: 7,
      startTicks: '1',
      token: 't',
      purpose: 'backup',
      since: 's',
      counter,
    }),
  )

/** A process of its own that takes the lease when told to: `take` → `held` or the error, `assert`, `release`. */
function startWriter(): Conversation {
  const at = (path: string) => JSON.stringify(join(process.cwd(), 'lib/engine/repository', path))
  const writer = new Conversation(`
    const { acquireLease } = await import(${at('lease.ts')})
    const { openLocalStorage } = await import(${at('../storage/local-storage.ts')})
    const storage = openLocalStorage(${JSON.stringify(folder)})
    let lease
    const verbs = {
      take: async () => void (lease = await acquireLease(storage, { purpose: 'backup of bench', since: '2026-01-02T03:04:05.000Z', monotonicMs: () => performance.now() })),
      assert: () => lease.assertHeld(),
      release: () => lease.release(),
    }
    answer(async (verb) => {
      try {
        await verbs[verb]()
        return { done: verb }
      } catch ({ code, message, context }) {
        return { code, message, context }
      }
    })`)
  writers.push(writer)
  return writer
}

/** A clock on which five minutes pass between any two looks. */
function leapingClock(): () => number {
  let nowMs = 0
  return () => (nowMs += 6 * MINUTE_MS)
}

test('of two processes that want the lease at the same moment exactly one gets it, the other is told who, where, since when and for what', async () => {
  const racers = [startWriter(), startWriter()]
  await Promise.all(racers.map((racer) => racer.started))
  for (let round = 0; round < 15; round++) {
    const ended = await Promise.all(racers.map((racer) => racer.ask('take')))
    const winner = ended.findIndex((answer) => answer['done'] === 'take')
    const holder = racers[winner]!
    expect(ended[1 - winner]).toMatchObject({
      code: 'repository_locked',
      message: expect.stringContaining(`backup of bench (pid ${holder.pid} on ${hostname()}, since 2026-01-02T03:04:05.000Z)`),
      context: { pid: holder.pid, host: hostname(), since: '2026-01-02T03:04:05.000Z', purpose: 'backup of bench' },
    })
    expect(await holder.ask('assert')).toEqual({ done: 'assert' })
    await holder.ask('release')
  }
  expect(readdirSync(join(folder, 'locks'))).toEqual([])
})

test('a holder killed with -9 is taken over at once', async () => {
  const writer = startWriter()
  expect(await writer.ask('take')).toEqual({ done: 'take' })
  await expect(take(storage)).rejects.toMatchObject({ code: 'repository_locked', context: { pid: writer.pid } })
  await writer.kill('SIGKILL')
  const lease = await take(storage)
  await lease.assertHeld()
  await lease.release()
  expect(readdirSync(join(folder, 'locks'))).toEqual([])
})

test('several that want the lease of a killed holder: one gets it, and who has lost it is told', async () => {
  const dead = startWriter()
  const racers = [startWriter(), startWriter(), startWriter()]
  await Promise.all([...racers.map((racer) => racer.started), dead.ask('take')])
  await dead.kill('SIGKILL')
  const took = (await Promise.all(racers.map(async (racer) => ({ racer, got: (await racer.ask('take'))['done'] === 'take' })))).filter(
    ({ got }) => got,
  )
  expect(took.length).toBeGreaterThan(0)
  const stillHolding = await Promise.all(took.map(async ({ racer }) => (await racer.ask('assert'))['done'] === 'assert'))
  expect(stillHolding.filter(Boolean)).toHaveLength(1)
})

test('a holder that stood still for five minutes is taken over; when it wakes up it cannot go on, and lets the lease of the other be', async () => {
  const stopped = startWriter()
  await stopped.ask('take')
  stopped.signal('SIGSTOP')
  const lease = await take(storage, { monotonicMs: leapingClock(), waitMs: 60 * MINUTE_MS })
  stopped.signal('SIGCONT')
  expect(await stopped.ask('assert')).toMatchObject({ code: 'lease_lost', message: expect.stringContaining(folder) })
  expect(await stopped.ask('release')).toEqual({ done: 'release' })
  await lease.assertHeld()
  await lease.release()
})

test('who has lost the lease cannot publish an archive', async () => {
  const place = join(folder, 'repository')
  const repository = await initRepository(openLocalStorage(place, { create: true }), '2026-01-02T03:04:05.000Z')
  const options = { purpose: 'a test', since: 'now' }
  const lost = await repository.lock({ ...options, monotonicMs: () => 0 })
  const other = await openRepository(openLocalStorage(place))
  const holding = await other.lock({ ...options, monotonicMs: leapingClock(), waitMs: 60 * MINUTE_MS })
  await expect(repository.publish(minimalManifest(), lost, [])).rejects.toMatchObject({ code: 'lease_lost' })
  expect(await repository.listArchives()).toEqual([])
  await lost.release()
  await other.publish(minimalManifest(), holding, [])
  expect(await repository.listArchives()).toHaveLength(1)
  await holding.release()
})

function minimalManifest(): Manifest {
  return {
    version: 1,
    id: newArchiveId(),
    workspaceId: newWorkspaceId(),
    workspaceName: 'bench',
    root: '/w',
    configPath: '/w/orchestrator_config.json',
    series: newSeriesId(),
    seriesNumber: 1,
    kind: 'backup',
    createdAt: '2026-01-02T03:04:05.000Z',
    durationMs: 1,
    parentId: null,
    note: null,
    actor: 'test',
    host: 'h',
    tool: 'test',
    maps: [],
    extraItems: [],
    items: [],
    configPaths: {},
    baselines: {},
    findings: [],
    totals: { files: 0, entries: 0, contentBytes: 0, storedBytes: 0 },
    sections: [],
  }
}

test('one writer at a time: the second is told who holds it', async () => {
  const first = await take(storage)
  await expect(take(elsewhere)).rejects.toMatchObject({
    code: 'repository_locked',
    message: expect.stringContaining(`a test (pid ${process.pid}`),
  })
  await first.release()
  await (await take(elsewhere)).release()
})

test('who waits takes over when the holder lets go, and holds it', async () => {
  const first = await take(storage)
  const seen: string[] = []
  const second = take(elsewhere, {
    waitMs: MINUTE_MS,
    onWait: (holder) => {
      seen.push(holder)
      void first.release()
    },
  })
  await (await second).assertHeld()
  expect(seen[0]).toContain('a test')
  await (await second).release()
})

test('a holder that cannot be looked at is dead when its counter stood still for five minutes, and only then', async () => {
  let counter = 0
  let nowMs = 0
  const beat = async () => void (await elsewhere.replace(NAME, foreignLease(++counter)))
  await elsewhere.put(NAME, foreignLease(counter))
  const living = () => {
    void beat()
    return (nowMs += 4 * MINUTE_MS)
  }
  await expect(take(storage, { monotonicMs: living, waitMs: 30 * MINUTE_MS })).rejects.toMatchObject({ code: 'repository_locked' })
  expect(counter).toBeGreaterThan(3)

  const still = () => (nowMs += 4 * MINUTE_MS)
  const taken = await take(storage, { monotonicMs: still, waitMs: 30 * MINUTE_MS })
  await taken.assertHeld()
  await taken.release()
})

test('a holder that was taken over finds out before it publishes, and leaves the lease of the other alone', async () => {
  const first = await take(storage)
  await first.assertHeld()
  await elsewhere.remove(NAME)
  const second = await take(elsewhere)
  await expect(first.assertHeld()).rejects.toMatchObject({ code: 'lease_lost' })
  await first.release()
  await second.assertHeld()
  await second.release()
})
