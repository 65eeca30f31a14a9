import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Fault, FaultStorage } from '#test/builders/fault-storage.ts'
import { openLocalStorage } from './local-storage.ts'
import { type RetryOptions, withRetry } from './retry-storage.ts'
import { storageContract } from './storage.contract.ts'
import type { Storage } from './storage.ts'

const newFolder = () => mkdtempSync(join(tmpdir(), 'orchive-retry-'))
const QUICK: RetryOptions = { firstWaitMs: 1, longestWaitMs: 2 }

storageContract(
  'a local folder behind tries that are not needed',
  () => {
    const folder = newFolder()
    return {
      storage: withRetry(openLocalStorage(folder), QUICK),
      elsewhere: withRetry(openLocalStorage(folder), QUICK),
      remove: () => rmSync(folder, { recursive: true }),
    }
  },
  { leavesUnfinished: false },
)

let folder: string
let faults: FaultStorage
let storage: Storage
beforeEach(() => {
  folder = newFolder()
  faults = new FaultStorage(openLocalStorage(folder))
  storage = withRetry(faults, QUICK)
})
afterEach(() => {
  storage.close()
  rmSync(folder, { recursive: true })
})

async function contents(): Promise<Record<string, string>> {
  faults.arm(null)
  const found: Record<string, string> = {}
  for await (const { name } of storage.list('.')) found[name] = String(await storage.get(name))
  return found
}

const CALLS: Record<string, (storage: Storage) => Promise<unknown>> = {
  put: (to) => to.put('packs/new', Buffer.from('new')),
  replace: (to) => to.replace('packs/old', Buffer.from('new')),
  move: (to) => to.move('packs/old', 'trash/old'),
  remove: (to) => to.remove('packs/old'),
  read: (to) => to.read('packs/old', 0, 3),
  list: async (to) => {
    for await (const _ of to.list('packs/'));
  },
  commit: async (to) => {
    const writer = await to.create()
    await writer.append(Buffer.from('ne'))
    await writer.append(Buffer.from('w'))
    expect(await writer.commit('packs/new')).toBe(true)
  },
}

test.each(Object.keys(CALLS))(
  '%s ends as if nothing had failed, wherever it failed and whether or not it had done its work',
  async (verb) => {
    const run = CALLS[verb]!
    await faults.put('packs/old', Buffer.from('old'))
    await run(storage)
    const wanted = await contents()
    for (const done of ['nothing', 'half', 'all'] satisfies Fault['done'][]) {
      rmSync(join(folder, 'packs'), { recursive: true, force: true })
      rmSync(join(folder, 'trash'), { recursive: true, force: true })
      await faults.put('packs/old', Buffer.from('old'))
      faults.arm({ call: 1, errno: 'EIO', done })
      await run(storage)
      expect(faults.failed).not.toBe(null)
      expect([done, await contents()]).toEqual([done, wanted])
    }
  },
)

test('an object of others that is there at the second attempt is not taken for ours', async () => {
  faults.arm({ call: 1, errno: 'EIO', done: 'nothing' })
  const putting = withRetry(faults, { ...QUICK, onRetry: () => void openLocalStorage(folder).put('packs/1', Buffer.from('theirs')) })
  await expect(putting.put('packs/1', Buffer.from('ours'))).rejects.toMatchObject({ code: 'object_exists' })
  expect(await contents()).toEqual({ 'packs/1': 'theirs' })
})

test('what cannot go better is not tried again', async () => {
  const waits: number[] = []
  const told = withRetry(faults, { ...QUICK, onRetry: (_, waitMs) => void waits.push(waitMs) })
  faults.arm({ call: 1, errno: 'EACCES', done: 'nothing' })
  await expect(told.get('packs/1')).rejects.toMatchObject({ code: 'repository_read_only' })
  await expect(told.get('packs/1')).rejects.toMatchObject({ code: 'object_missing' })
  expect(waits).toEqual([])
})

test('waits double up to the longest, half of each by chance, and end before the deadline; a signal ends them at once', async () => {
  const waits: number[] = []
  let nowMs = 0
  const controller = new AbortController()
  const patient = (options: RetryOptions) =>
    withRetry(faults, {
      monotonicMs: () => nowMs,
      random: () => 0.5,
      onRetry: (_, waitMs) => {
        waits.push(waitMs)
        nowMs += waitMs * 1000
      },
      ...options,
    })
  faults.arm({ call: 1, errno: 'EIO', done: 'nothing', lasts: true })
  await expect(patient({ firstWaitMs: 1, longestWaitMs: 6, deadlineMs: 14_000 }).get('packs/1')).rejects.toMatchObject({
    code: 'io_failed',
  })
  expect(waits).toEqual([0.75, 1.5, 3, 4.5, 4.5])
  await expect(
    withRetry(faults, { firstWaitMs: 60_000, signal: controller.signal, onRetry: () => controller.abort() }).get('packs/1'),
  ).rejects.toMatchObject({ code: 'cancelled' })
})
