/** What every storage must hold, whatever it is made of. */
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '#lib/base/errors.ts'
import type { ObjectSource } from './object-source.ts'
import type { Storage } from './storage.ts'

/** An empty storage of the kind under test. */
export interface StorageUnderTest {
  storage: Storage
  /** The same place as another process sees it. */
  elsewhere: Storage
  remove(): void | Promise<void>
}

/** Where kinds of storage differ. */
export interface ContractTraits {
  /** `checked`: of two writers of one name at the same moment both may succeed, and one is seen. */
  putIfAbsent: 'atomic' | 'checked'
  /** False where a writer that is killed leaves nothing behind. */
  leavesUnfinished: boolean
}

const text = (value: string) => Buffer.from(value)
const packName = `packs/ab/${'ab'.repeat(32)}.pack`
/** Names that lead out of the root, or are spelled so that they might. */
const UNSAFE_NAMES = ['', '/etc/passwd', '../outside', 'packs/../../outside', 'packs/..', './packs/x', 'packs//x', 'packs/', 'a\0b']

/** Runs the contract as tests of the current file. */
export function storageContract(
  name: string,
  makeStorage: () => StorageUnderTest | Promise<StorageUnderTest>,
  { putIfAbsent = 'atomic', leavesUnfinished = true }: Partial<ContractTraits> = {},
): void {
  describe(name, () => {
    let under: StorageUnderTest
    let storage: Storage
    beforeEach(async () => {
      under = await makeStorage()
      storage = under.storage
    })
    afterEach(async () => {
      storage.close()
      under.elsewhere.close()
      await under.remove()
    })

    const names = async (prefix: string, from = storage) => {
      const found: string[] = []
      for await (const object of from.list(prefix)) found.push(object.name)
      return found.sort()
    }
    const failure = async (work: Promise<unknown>): Promise<AppError> => {
      const error = await work.then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(AppError)
      return error as AppError
    }

    test('what is put is read back, here and elsewhere, empty objects too', async () => {
      const bytes = randomBytes(300_000)
      await storage.put('manifests/a.mft.zst', bytes)
      await storage.put('empty', Buffer.alloc(0))
      for (const reader of [storage, under.elsewhere]) {
        expect((await reader.get('manifests/a.mft.zst')).equals(bytes)).toBe(true)
        expect(await reader.get('empty')).toHaveLength(0)
      }
    })

    test('a source is put as its bytes are, and one that breaks off leaves nothing', async () => {
      const bytes = randomBytes(300_000)
      const sourceOf = (end: number): ObjectSource => ({
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        async *pieces(purpose) {
          // The same memory for all pieces, as who puts packs does it.
          const room = Buffer.alloc(70_000)
          const last = purpose === 'look' ? bytes.length : end
          for (let at = 0; at < last; at += room.length) yield room.subarray(0, bytes.copy(room, 0, at, Math.min(at + room.length, last)))
          if (last < bytes.length) throw new Error('it broke off')
        },
      })
      await expect(storage.put(packName, sourceOf(150_000))).rejects.toThrow('it broke off')
      expect(await under.elsewhere.stat(packName)).toBe(null)
      await storage.put(packName, sourceOf(bytes.length))
      expect((await under.elsewhere.get(packName)).equals(bytes)).toBe(true)
      expect(await failure(storage.put(packName, sourceOf(bytes.length)))).toMatchObject({ code: 'object_exists' })
    })

    test('put refuses an object that exists and leaves it as it is', async () => {
      await storage.put('marks/a/000001-hold.json', text('first'))
      for (const writer of [storage, under.elsewhere]) {
        const error = await failure(writer.put('marks/a/000001-hold.json', text('second')))
        expect(error).toMatchObject({ code: 'object_exists', message: expect.stringContaining('marks/a/000001-hold.json') })
      }
      expect(String(await storage.get('marks/a/000001-hold.json'))).toBe('first')
      expect(await names('.')).toEqual(['marks/a/000001-hold.json'])
    })

    test('of many puts under one name exactly one succeeds, and its bytes are there whole', async () => {
      const tries = Array.from({ length: 8 }, (_, i) => [storage, under.elsewhere][i % 2]!.put('one', Buffer.alloc(5000, i)))
      const ended = await Promise.allSettled(tries)
      const winners = ended.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []))
      if (putIfAbsent === 'atomic') expect(winners).toHaveLength(1)
      const seen = await storage.get('one')
      expect(winners).toContain(seen[0])
      expect(seen.equals(Buffer.alloc(5000, seen[0]))).toBe(true)
    })

    test('replace puts new bytes in the place of old ones, and makes what is not there', async () => {
      await storage.replace('locks/writer.json', text('one'))
      expect(String(await under.elsewhere.get('locks/writer.json'))).toBe('one')
      await storage.replace('locks/writer.json', text('two, longer'))
      expect(String(await storage.read('locks/writer.json', 0, 100))).toBe('two, longer')
      await storage.replace('locks/writer.json', text('other'))
      expect(String(await storage.read('locks/writer.json', 0, 100))).toBe('other')
      await under.elsewhere.replace('locks/writer.json', text('3'))
      expect(String(await storage.get('locks/writer.json'))).toBe('3')
      expect(await names('.')).toEqual(['locks/writer.json'])
    })

    test('an object being written is nowhere to be seen before its commit, and whole after it', async () => {
      const pieces = [randomBytes(70_000), Buffer.alloc(0), randomBytes(1)]
      const writer = await storage.create()
      for (const piece of pieces) await writer.append(piece)
      expect(await names('.')).toEqual([])
      expect(await storage.stat(packName)).toBe(null)
      expect(await writer.commit(packName)).toBe(true)
      expect((await under.elsewhere.get(packName)).equals(Buffer.concat(pieces))).toBe(true)
      expect(await names('.')).toEqual([packName])
    })

    test('a commit under a name that is taken keeps what is there and says so', async () => {
      await storage.put(packName, text('first'))
      const writer = await storage.create()
      await writer.append(text('second'))
      expect(await writer.commit(packName)).toBe(false)
      expect(String(await storage.get(packName))).toBe('first')
      expect(await storage.removeUnfinished()).toBe(0)
    })

    test('an aborted object leaves nothing; abort is safe twice and after commit', async () => {
      const dropped = await storage.create()
      await dropped.append(randomBytes(1000))
      await dropped.abort()
      await dropped.abort()
      const kept = await storage.create()
      await kept.append(text('kept'))
      await kept.commit(packName)
      await kept.abort()
      expect(await names('.')).toEqual([packName])
      expect(String(await storage.get(packName))).toBe('kept')
      expect(await storage.removeUnfinished()).toBe(0)
    })

    test('an ended writer takes nothing more', async () => {
      const writer = await storage.create()
      await writer.abort()
      await failure(writer.append(text('x')))
      await failure(writer.commit(packName))
      expect(await names('.')).toEqual([])
    })

    test('what killed writers left is not listed, and removed when asked to', async () => {
      await storage.put('manifests/a.mft.zst', text('a'))
      for (let i = 0; i < 3; i++) await (await under.elsewhere.create()).append(randomBytes(100))
      expect(await names('.')).toEqual(['manifests/a.mft.zst'])
      expect(await storage.removeUnfinished()).toBe(leavesUnfinished ? 3 : 0)
      expect(await storage.removeUnfinished()).toBe(0)
      expect(await names('.')).toEqual(['manifests/a.mft.zst'])
    })

    test('small objects arrive though somebody removes unfinished ones all the while', async () => {
      const marks = Array.from({ length: 20 }, (_, i) => `marks/a/${i}`)
      await Promise.all(marks.flatMap((mark) => [storage.put(mark, text(mark)), under.elsewhere.removeUnfinished()]))
      expect(await names('marks/')).toEqual(marks.sort())
    })

    test('ranges are read as asked for, and fewer bytes at the end', async () => {
      const bytes = randomBytes(200_000)
      await storage.put(packName, bytes)
      for (const [offset, length] of [
        [0, 0],
        [0, 1],
        [199_999, 1],
        [17, 100_000],
        [0, 200_000],
        [199_990, 100],
        [200_000, 10],
        [300_000, 10],
      ] as const) {
        expect((await storage.read(packName, offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(true)
      }
    })

    test('many objects can be read from at once, in any order', async () => {
      const many = Array.from({ length: 60 }, (_, i) => `packs/${i}`)
      await Promise.all(many.map((object, i) => storage.put(object, Buffer.alloc(10, i))))
      for (let round = 0; round < 3; round++) {
        const read = await Promise.all(many.map((object) => storage.read(object, 3, 2)))
        expect(read.map((bytes) => bytes[0])).toEqual(many.map((_, i) => i))
      }
    })

    test('stat tells size and time, and null when there is no such object', async () => {
      await storage.put('a/b', randomBytes(1234))
      const info = await under.elsewhere.stat('a/b')
      expect(info?.sizeBytes).toBe(1234)
      expect(info?.mtimeMs).toBeGreaterThan(0)
      expect(await storage.stat('a')).toBe(null)
      expect(await storage.stat('a/c')).toBe(null)
      expect(await storage.stat('b/c/d')).toBe(null)
    })

    test('list names all objects below a prefix with their sizes, and none when the prefix is missing', async () => {
      for (const object of ['packs/aa/1.pack', 'packs/aa/1.idx.zst', 'packs/bb/2.pack', 'packs2/3', 'top']) {
        await storage.put(object, Buffer.alloc(object.length))
      }
      expect(await names('packs/')).toEqual(['packs/aa/1.idx.zst', 'packs/aa/1.pack', 'packs/bb/2.pack'])
      expect(await names('packs/aa/', under.elsewhere)).toEqual(['packs/aa/1.idx.zst', 'packs/aa/1.pack'])
      expect(await names('.')).toEqual(['packs/aa/1.idx.zst', 'packs/aa/1.pack', 'packs/bb/2.pack', 'packs2/3', 'top'])
      expect(await names('trash/')).toEqual([])
      for await (const object of storage.list('packs/')) expect(object.sizeBytes).toBe(object.name.length)
    })

    test('move renames an object, also one that is being read from, and refuses a name that is taken', async () => {
      await storage.put('packs/1', text('one'))
      await storage.put('packs/2', text('two'))
      await storage.read('packs/1', 0, 1)
      await storage.move('packs/1', 'trash/packs/1')
      expect(await names('.')).toEqual(['packs/2', 'trash/packs/1'])
      expect(String(await storage.read('trash/packs/1', 0, 3))).toBe('one')
      expect(await failure(storage.read('packs/1', 0, 1))).toMatchObject({ code: 'object_missing' })
      expect(await failure(storage.move('packs/2', 'trash/packs/1'))).toMatchObject({
        code: 'object_exists',
        message: expect.stringContaining('trash/packs/1'),
      })
      expect(await failure(storage.move('packs/3', 'trash/packs/3'))).toMatchObject({
        code: 'object_missing',
        message: expect.stringContaining('packs/3'),
      })
      expect(String(await storage.get('packs/2'))).toBe('two')
    })

    test('what is moved and removed for later is so for everybody at once, and settles', async () => {
      for (const name of ['packs/a/1', 'packs/a/2', 'marks/3']) await storage.put(name, text(name))
      await storage.move('packs/a/1', 'trash/packs/a/1', { isLater: true })
      await storage.move('packs/a/2', 'trash/packs/a/2', { isLater: true })
      for (const name of ['trash/packs/a/2', 'marks/3', 'nowhere/4']) await storage.remove(name, { isLater: true })
      expect(await failure(storage.move('packs/a/1', 'trash/5', { isLater: true }))).toMatchObject({ code: 'object_missing' })
      for (let time = 0; time < 2; time++) {
        expect(String(await under.elsewhere.get('trash/packs/a/1'))).toBe('packs/a/1')
        expect(await names('.')).toEqual(['trash/packs/a/1'])
        await storage.settle?.()
      }
    })

    test('remove takes an object away, and nothing happens when it is gone already', async () => {
      await storage.put('packs/1', text('one'))
      await storage.read('packs/1', 0, 1)
      await storage.remove('packs/1')
      await storage.remove('packs/1')
      await storage.remove('nowhere/1')
      expect(await names('.')).toEqual([])
      expect(await failure(storage.read('packs/1', 0, 1))).toMatchObject({ code: 'object_missing' })
      await storage.put('packs/1', text('new'))
      expect(String(await storage.read('packs/1', 0, 3))).toBe('new')
    })

    test('what is missing is named', async () => {
      const missing = { code: 'object_missing', message: expect.stringContaining('manifests/gone') }
      expect(await failure(storage.get('manifests/gone'))).toMatchObject(missing)
      expect(await failure(storage.read('manifests/gone', 0, 10))).toMatchObject(missing)
    })

    test('names that lead out of the root are refused by every call', async () => {
      await storage.put('inside', text('x'))
      for (const unsafe of UNSAFE_NAMES) {
        const calls: [string, () => Promise<unknown>][] = [
          ['put', () => storage.put(unsafe, text('x'))],
          ['replace', () => storage.replace(unsafe, text('x'))],
          ['get', () => storage.get(unsafe)],
          ['read', () => storage.read(unsafe, 0, 1)],
          ['stat', () => storage.stat(unsafe)],
          ['move from', () => storage.move(unsafe, 'to')],
          ['move to', () => storage.move('inside', unsafe)],
          ['remove', () => storage.remove(unsafe)],
          ['commit', () => commitAs(unsafe)],
          ['list', () => (unsafe.endsWith('/') ? storage.get(unsafe) : names(unsafe))],
        ]
        for (const [call, run] of calls) expect([call, unsafe, (await failure(run())).code]).toEqual([call, unsafe, 'path_unsafe'])
      }
      expect(await names('.')).toEqual(['inside'])
    })

    async function commitAs(name: string): Promise<void> {
      const writer = await storage.create()
      try {
        await writer.append(text('x'))
        await writer.commit(name)
      } finally {
        await writer.abort()
      }
    }

    test('free bytes are told, or that they are unknown', async () => {
      const space = await storage.freeBytes()
      if (space) expect(space.freeBytes).toBeLessThanOrEqual(space.totalBytes)
    })
  })
}
