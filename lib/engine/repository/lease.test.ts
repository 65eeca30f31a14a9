import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { acquireLease, type LeaseOptions } from './lease.ts'
import { openLocalStorage } from './local-storage.ts'
import type { Storage } from './storage.ts'

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
afterEach(() => {
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
