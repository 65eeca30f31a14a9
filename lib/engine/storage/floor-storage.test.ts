import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withFloor } from './floor-storage.ts'
import { openLocalStorage } from './local-storage.ts'
import type { Storage } from './storage.ts'

let folder: string
let free: number
let storage: Storage
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-floor-'))
  const local = openLocalStorage(folder, { create: true })
  // Free space as it is told, shrinking with what is written.
  local.freeBytes = async () => ({ freeBytes: free, totalBytes: 100_000_000 })
  storage = withFloor(local, 10_000_000)
})
afterEach(() => {
  storage.close()
  rmSync(folder, { recursive: true, force: true })
})

const FULL = expect.objectContaining({ code: 'repository_full', message: expect.stringContaining('10 MB have to stay free') })

test('a pack is begun only above the floor', async () => {
  free = 9_999_999
  await expect(storage.create()).rejects.toThrow(FULL)
  free = 10_000_000
  const writer = await storage.create()
  await writer.append(Buffer.from('pack'))
  expect(await writer.commit('packs/aa/one.pack')).toBe(true)
  expect((await storage.get('packs/aa/one.pack')).toString()).toBe('pack')
})

test('while a pack is written the floor is looked at again, and what was begun gives its space back', async () => {
  free = 30_000_000
  const writer = await storage.create()
  const piece = Buffer.alloc(4_000_000)
  await writer.append(piece)
  await writer.append(piece)
  free = 11_000_000
  await writer.append(piece)
  await expect(writer.append(piece)).rejects.toThrow(FULL)
  await writer.abort()
  const left: string[] = []
  for await (const { name } of storage.list('.')) left.push(name)
  expect(left).toEqual([])
})

test('marks, manifests and the lease arrive below the floor, too', async () => {
  free = 0
  await storage.put('marks/arc/1-hold.json', Buffer.from('{}'))
  await storage.replace('locks/writer', Buffer.from('{}'))
  expect((await storage.get('marks/arc/1-hold.json')).toString()).toBe('{}')
})
