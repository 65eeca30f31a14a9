import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLocalStorage } from './local-storage.ts'
import { withPace } from './paced-storage.ts'

test('transfers keep to the speed of the moment, whichever way bytes go, and a cancel ends the wait', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-'))
  try {
    let speed: number | null = 1_000_000
    const cancel = new AbortController()
    const options = { bytesPerSecond: () => speed, monotonicMs: () => performance.now(), signal: cancel.signal }
    const storage = withPace(openLocalStorage(folder), options)
    const startedMs = performance.now()
    const writer = await storage.create()
    await writer.append(Buffer.alloc(50_000))
    await writer.commit('packs/a')
    await storage.put('b', Buffer.alloc(30_000))
    expect(await storage.get('b')).toHaveLength(30_000)
    expect(await storage.read('packs/a', 10, 10_000)).toHaveLength(10_000)
    expect(performance.now() - startedMs).toBeGreaterThan(115)
    speed = null
    await storage.put('c', Buffer.alloc(1_000_000))
    expect((await storage.stat('c'))?.sizeBytes).toBe(1_000_000)
    speed = 1000
    const waiting = storage.get('c')
    cancel.abort()
    await expect(waiting).rejects.toThrow()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
