import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FaultStorage } from '#test/builders/fault-storage.ts'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import { withoutRootRights } from '#test/builders/without-root-rights.ts'
import { openLocalStorage } from './local-storage.ts'
import { storageContract } from './storage.contract.ts'

const newFolder = () => mkdtempSync(join(tmpdir(), 'orchive-storage-'))

storageContract('a local folder', () => {
  const folder = newFolder()
  return {
    storage: openLocalStorage(folder),
    elsewhere: openLocalStorage(folder),
    remove: () => rmSync(folder, { recursive: true }),
  }
})

storageContract('a local folder behind faults that are not armed', () => {
  const folder = newFolder()
  return {
    storage: new FaultStorage(openLocalStorage(folder)),
    elsewhere: new FaultStorage(openLocalStorage(folder)),
    remove: () => rmSync(folder, { recursive: true }),
  }
})

let folder: string
const mounts = new Mounts()
beforeEach(() => {
  folder = newFolder()
})
afterEach(() => {
  mounts.unmountAll()
  rmSync(folder, { recursive: true })
})

const files = (at: string) => readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())

test('a folder is made for its owner alone when asked to, with its parents', async () => {
  const at = join(folder, 'a/b/repository')
  await openLocalStorage(`${at}/`, { create: true }).put('packs/x', Buffer.from('x'))
  expect(readdirSync(at).sort()).toEqual(['packs', 'tmp'])
  expect(openLocalStorage(`${at}/`).location).toBe(at)
})

test('a writer killed with -9 in the middle leaves nothing that is listed, and the next one cleans up', async () => {
  const script = `
    const { openLocalStorage } = await import(${JSON.stringify(join(process.cwd(), 'lib/engine/storage/local-storage.ts'))})
    const storage = openLocalStorage(${JSON.stringify(folder)})
    await storage.put('manifests/whole', Buffer.from('whole'))
    const writer = await storage.create()
    await writer.append(Buffer.alloc(100_000))
    process.kill(process.pid, 'SIGKILL')`
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  expect(signal).toBe('SIGKILL')
  const storage = openLocalStorage(folder)
  expect(files(folder)).toHaveLength(2)
  const listed: string[] = []
  for await (const { name } of storage.list('.')) listed.push(name)
  expect(listed).toEqual(['manifests/whole'])
  expect(await storage.removeUnfinished()).toBe(1)
  expect(files(folder)).toHaveLength(1)
})

test('a FIFO, a folder or a huge file in the place of an object is refused at once', async () => {
  spawnSync('mkfifo', [join(folder, 'fifo')])
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'huge'), '')
  truncateSync(join(folder, 'huge'), 1024 ** 4)
  const storage = openLocalStorage(folder)
  expect(await storage.get('fifo')).toHaveLength(0)
  await expect(storage.get('folder')).rejects.toMatchObject({ code: 'io_failed' })
  await expect(storage.get('huge')).rejects.toMatchObject({ code: 'repository_damaged' })
  await expect(storage.read('huge', 0, 4_294_967_295)).rejects.toMatchObject({ code: 'repository_damaged' })
  storage.close()
})

test('without the right to write, every writing call says so and names the object', async () => {
  mkdirSync(join(folder, 'manifests'))
  writeFileSync(join(folder, 'manifests/a'), 'a')
  for (const at of [folder, join(folder, 'manifests')]) chmodSync(at, 0o555)
  const storage = openLocalStorage(folder)
  const calls: [string, () => Promise<unknown>][] = [
    ['manifests/b', () => storage.put('manifests/b', Buffer.from('b'))],
    ['locks/writer.json', () => storage.replace('locks/writer.json', Buffer.from('b'))],
    ['manifests/a', () => storage.remove('manifests/a')],
    ['manifests/a', () => storage.move('manifests/a', 'manifests/c')],
    ['tmp', () => storage.create()],
  ]
  for (const [name, call] of calls) {
    const error = await withoutRootRights(call).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'repository_read_only', message: expect.stringContaining(join(folder, name)) })
  }
  chmodSync(folder, 0o755)
})

test('an object that cannot be put at its place is named, however it is written', async () => {
  writeFileSync(join(folder, 'packs'), 'a file where a folder should be')
  const storage = openLocalStorage(folder)
  const failed = { code: 'io_failed', message: expect.stringContaining(join(folder, 'packs/x')) }
  await expect(storage.put('packs/x', Buffer.from('x'))).rejects.toMatchObject(failed)
  await expect(storage.replace('packs/x', Buffer.from('x'))).rejects.toMatchObject(failed)
  const writer = await storage.create()
  await expect(writer.commit('packs/x')).rejects.toMatchObject(failed)
  await writer.abort()
  expect(files(folder).map(({ name }) => name)).toEqual(['packs'])
})

test.skipIf(!canMount())('on a full disk a put is nothing at all, says so and names the object; room that comes back is used', async () => {
  const disk = join(folder, 'disk')
  mounts.mountSmallDisk(disk, '1M')
  const storage = openLocalStorage(disk)
  await storage.put('first', Buffer.alloc(300_000, 1))
  const full = { code: 'repository_full', message: expect.stringContaining(join(disk, 'manifests/a')) }
  await expect(storage.put('manifests/a', Buffer.alloc(900_000))).rejects.toMatchObject(full)
  await expect(storage.replace('manifests/a', Buffer.alloc(900_000))).rejects.toMatchObject(full)
  const writer = await storage.create()
  await expect(writer.append(Buffer.alloc(900_000))).rejects.toMatchObject({ code: 'repository_full' })
  await writer.abort()
  expect(files(disk).map(({ name }) => name)).toEqual(['first'])
  await storage.put('manifests/a', Buffer.alloc(500_000))
  expect((await storage.get('first')).equals(Buffer.alloc(300_000, 1))).toBe(true)
})

test('a folder that has gone is not made again: its disk may not be mounted', async () => {
  const at = join(folder, 'disk/repository')
  const storage = openLocalStorage(at, { create: true })
  await storage.put('a/b/c', Buffer.from('x'))
  rmSync(join(folder, 'disk'), { recursive: true })
  mkdirSync(join(folder, 'disk'))
  const gone = { code: 'repository_missing', message: expect.stringContaining(at) }
  await expect(storage.put('a/b/d', Buffer.from('x'))).rejects.toMatchObject(gone)
  await expect(storage.replace('locks/writer.json', Buffer.from('x'))).rejects.toMatchObject(gone)
  await expect(storage.create()).rejects.toMatchObject(gone)
  expect(readdirSync(join(folder, 'disk'))).toEqual([])
})

test('a repository may lie at a path of any spelling', async () => {
  const start = process.cwd()
  process.chdir(folder)
  try {
    for (const spelling of ['one', './two', `${folder}//three/`, 'one/../four']) {
      const storage = openLocalStorage(spelling, { create: true })
      await storage.put('a/b/c', Buffer.from('x'))
      const listed: string[] = []
      for await (const { name } of storage.list('.')) listed.push(name)
      expect([spelling, listed]).toEqual([spelling, ['a/b/c']])
      expect(await storage.stat('a/b/c')).toMatchObject({ sizeBytes: 1 })
    }
  } finally {
    process.chdir(start)
  }
})

test('the names of objects are those of files below the root, so that any tool can copy a repository', async () => {
  const storage = openLocalStorage(folder)
  await storage.put('packs/ab/x.pack', Buffer.from('x'))
  expect(existsSync(join(folder, 'packs/ab/x.pack'))).toBe(true)
})

test('a folder that cannot be made is an error at once, also where the system makes none', () => {
  for (const path of ['/proc/nobody/repository', '/dev/null/repository', '/dev/null']) {
    expect(() => openLocalStorage(path, { create: true }), path).toThrow()
  }
})

test('who reads one object after the other hears of what happens meanwhile', async () => {
  const storage = openLocalStorage(folder)
  await storage.put('a', Buffer.from('whole'))
  for (const look of [() => storage.get('a'), () => storage.read('a', 1, 2)]) {
    let isHeard = false
    setImmediate(() => {
      isHeard = true
    })
    const giveUpAtMs = performance.now() + 10_000
    while (!isHeard && performance.now() < giveUpAtMs) await look()
    expect(isHeard).toBe(true)
  }
})
