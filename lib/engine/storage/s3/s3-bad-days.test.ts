import { createHash } from 'node:crypto'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { BadProxy, type Fate } from '#test/s3/bad-proxy.ts'
import { type CephStore, cephStore, withoutCeph } from '#test/s3/ceph-store.ts'
import type { ObjectSource } from '../object-source.ts'
import { openStorageTarget } from '../open-storage-target.ts'
import type { RetryOptions } from '../retry-storage.ts'
import type { Storage } from '../storage.ts'

/** Bytes that are read again for each attempt. */
const sourceOf = (bytes: Buffer): ObjectSource => ({
  sizeBytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  async *pieces() {
    for (let at = 0; at < bytes.length; at += 30_000) yield bytes.subarray(at, at + 30_000)
  },
})
const HOUR_MS = 3_600_000
const QUICK: RetryOptions = { firstWaitMs: 1, longestWaitMs: 5, deadlineMs: 20_000 }

describe.skipIf(withoutCeph)('a real Ceph on bad days', () => {
  let ceph: CephStore
  let proxy: BadProxy
  const opened: Storage[] = []
  beforeAll(async () => {
    ceph = await cephStore()
  }, 150_000)
  beforeEach(async () => {
    proxy = await BadProxy.before(ceph.endpoint)
  })
  afterEach(async () => {
    vi.useRealTimers()
    for (const storage of opened.splice(0)) storage.close()
    await proxy.stop()
  })

  const open = async (bucket: 'plain' | 'locked', retry: RetryOptions | null = QUICK) => {
    const objectLock = bucket === 'locked' ? ({ objectLock: 'governance' } as const) : {}
    const storage = await openStorageTarget(ceph.target(bucket, { endpoint: proxy.endpoint, ...objectLock }), ceph.secrets, { retry })
    opened.push(storage)
    return storage
  }

  // As many as no call makes requests in a row, so that bad luck does not come round at the same step for ever.
  const WEATHER: Fate[] = [
    'fine',
    'slow-down',
    'fine',
    'fine',
    'fine',
    'fine',
    'answer-lost',
    'fine',
    'slow-down',
    'answer-lost',
    'fine',
    'fine',
    'fine',
  ]

  test('through storms of 503 and answers that are lost everything ends as on a good day', async () => {
    proxy.fates = WEATHER
    for (const bucket of ['plain', 'locked'] as const) {
      const storage = await open(bucket)
      const pack = Buffer.alloc(100_000, 7)
      await storage.put('packs/1', sourceOf(pack))
      const writer = await storage.create()
      await writer.append(pack)
      expect(await writer.commit('packs/2')).toBe(true)
      await storage.replace('system/x', pack)
      await storage.move('packs/2', 'trash/2')
      await storage.remove('system/x')
      expect((await storage.read('packs/1', 5, 10)).equals(pack.subarray(5, 15))).toBe(true)
      if (storage.immutability) {
        const untilMs = Math.ceil((await storage.immutability.nowMs()) / 1000) * 1000 + HOUR_MS
        expect(await storage.immutability.putLocked('packs/3', sourceOf(pack), untilMs)).toEqual({ mode: 'governance', untilMs })
        // What was put twice because an answer was lost is nobody's attempt.
        for await (const attempt of storage.immutability.listTampering('packs/')) expect(attempt).toBe(null)
      }
      const names: string[] = []
      for await (const { name } of storage.list('.')) names.push(name)
      expect(names.sort()).toEqual(bucket === 'plain' ? ['packs/1', 'trash/2'] : ['packs/1', 'packs/3', 'trash/2'])
    }
    for (const fate of WEATHER) expect(proxy.seen[fate]).toBeGreaterThan(2)
  })

  test('a store that asks to slow down for ever is given up at the deadline, and said', async () => {
    proxy.fates = ['slow-down']
    const storage = await open('plain', { ...QUICK, deadlineMs: 30 })
    await expect(storage.put('packs/1', Buffer.from('1'))).rejects.toMatchObject({
      code: 'storage_unreachable',
      message: expect.stringContaining('slow down'),
    })
  })

  test('a clock of this host that is wrong is told, and put up with; locks are reckoned on the clock of the store', async () => {
    const realMs = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: realMs - 3 * 24 * HOUR_MS })
    const strict = await open('locked', null)
    await expect(strict.get('packs/1')).rejects.toMatchObject({
      code: 'storage_clock_skewed',
      retryable: true,
      hint: expect.stringContaining('NTP'),
    })
    const storage = await open('locked')
    const locks = storage.immutability!
    const nowMs = await locks.nowMs()
    expect(Math.abs(nowMs - realMs)).toBeLessThan(HOUR_MS)
    const lock = await locks.putLocked('packs/1', Buffer.from('1'), nowMs + HOUR_MS)
    expect(lock.untilMs).toBeGreaterThan(realMs)
    // An hour by this host's clock is long past by the store's.
    await expect(locks.lock('packs/1', Date.now() + HOUR_MS)).rejects.toMatchObject({
      code: 'invalid_input',
      hint: expect.stringContaining('NTP'),
    })
  })
})
