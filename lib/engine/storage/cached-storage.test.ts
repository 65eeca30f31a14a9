import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FaultStorage } from '#test/builders/fault-storage.ts'
import { withCache } from './cached-storage.ts'
import { openLocalStorage } from './local-storage.ts'
import { storageContract } from './storage.contract.ts'

const newFolder = () => mkdtempSync(join(tmpdir(), 'orchive-cache-'))

storageContract('a local folder behind a cache', () => {
  const [folder, cache] = [newFolder(), newFolder()]
  const open = () => withCache(openLocalStorage(folder), { folder: cache, maxBytes: 1_000_000 })
  return {
    storage: open(),
    elsewhere: open(),
    remove: () => {
      for (const at of [folder, cache]) rmSync(at, { recursive: true })
    },
  }
})

let folder: string
let cache: string
let far: FaultStorage
beforeEach(() => {
  folder = newFolder()
  cache = newFolder()
  far = new FaultStorage(openLocalStorage(folder))
})
afterEach(() => {
  for (const at of [folder, cache]) rmSync(at, { recursive: true })
})

const open = (maxBytes = 10_000_000) => withCache(far, { folder: cache, maxBytes })
const keptBytes = () => readdirSync(cache).reduce((sum, file) => sum + statSync(join(cache, file)).size, 0)

test('manifests, marks and indexes are fetched once, by this process and the next', async () => {
  for (const name of ['manifests/a.mft.zst', 'marks/a/000001-hold.json', 'packs/aa/1.idx.zst']) {
    await far.put(name, Buffer.from(name))
    far.arm(null)
    for (const storage of [open(), open()]) {
      expect(String(await storage.get(name))).toBe(name)
      expect(String(await storage.get(name))).toBe(name)
    }
    expect(far.calls).toEqual([{ verb: 'get', name }])
  }
  await far.replace('locks/writer.json', Buffer.from('1'))
  const storage = open()
  expect(String(await storage.get('locks/writer.json'))).toBe('1')
  await far.replace('locks/writer.json', Buffer.from('2'))
  expect(String(await storage.get('locks/writer.json'))).toBe('2')
})

test('small ranges of packs come out of blocks, many with one request; the end of a pack is its end; long ranges pass by', async () => {
  const bytes = randomBytes(1_500_000)
  await far.put('packs/aa/1.pack', bytes)
  far.arm(null)
  const storage = open()
  for (const [offset, length] of [
    [10, 20],
    [300, 5],
    [262_140, 8],
    [1_000_000, 600_000],
    [1_499_990, 100],
    [1_600_000, 10],
    [0, 1_048_576],
  ] as const) {
    expect((await storage.read('packs/aa/1.pack', offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(true)
  }
  // The first block, the second, all from the fourth on, and the third, which was left.
  expect(far.calls).toHaveLength(4)
  far.arm(null)
  expect((await storage.read('packs/aa/1.pack', 0, 1_500_000)).equals(bytes)).toBe(true)
  expect(far.calls).toHaveLength(1)
})

test('what is kept and no longer as it was is fetched again, and what is gone from the folder, too', async () => {
  await far.put('manifests/a', Buffer.from('whole'))
  const storage = open()
  await storage.get('manifests/a')
  const [file] = readdirSync(cache)
  const path = join(cache, file!)
  const bytes = readFileSync(path)
  bytes[bytes.length - 1]! ^= 1
  writeFileSync(path, bytes)
  far.arm(null)
  expect(String(await storage.get('manifests/a'))).toBe('whole')
  rmSync(path)
  expect(String(await storage.get('manifests/a'))).toBe('whole')
  expect(far.calls).toHaveLength(2)
})

test('the least recently read goes first, and there is never more than allowed', async () => {
  for (const name of ['a', 'b', 'c']) await far.put(`manifests/${name}`, Buffer.alloc(400))
  const storage = open(1000)
  await storage.get('manifests/a')
  await storage.get('manifests/b')
  await storage.get('manifests/a')
  await storage.get('manifests/c')
  expect(keptBytes()).toBeLessThanOrEqual(1000)
  far.arm(null)
  await storage.get('manifests/a')
  expect(far.calls).toEqual([])
  await storage.get('manifests/b')
  expect(far.calls).toHaveLength(1)
})

test('what is removed or moved is not read from the cache any more', async () => {
  for (const name of ['manifests/a', 'manifests/b']) await far.put(name, Buffer.from('x'))
  const storage = open()
  for (const name of ['manifests/a', 'manifests/b']) await storage.get(name)
  await storage.remove('manifests/a')
  await storage.move('manifests/b', 'trash/b')
  for (const name of ['manifests/a', 'manifests/b']) await expect(storage.get(name)).rejects.toMatchObject({ code: 'object_missing' })
})

test('a cache that cannot be written is no reason not to read', async () => {
  await far.put('manifests/a', Buffer.from('x'))
  const storage = open()
  await storage.get('manifests/a')
  rmSync(cache, { recursive: true })
  expect(String(await storage.get('manifests/a'))).toBe('x')
  cache = newFolder()
})
