import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FrameId } from '../entry.ts'
import { plainCodec } from '../repository/codec.ts'
import { FileReader } from './file-reader.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'orchive-read-')))
  path = join(folder, 'run.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Larger than what is read at once. */
const LONG = 20_000_000
const content = randomBytes(LONG)
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Reads the file; `meanwhile` runs whenever a part of it has been read and cut, with the number of the part. */
async function readWith(meanwhile: (part: number) => void) {
  const stored = new Map<FrameId, Buffer>()
  let parts = 0
  const reader = new FileReader({
    codec: plainCodec,
    isKnown: (id) => {
      meanwhile(++parts)
      return stored.has(id)
    },
    rawBytesOf: (id) => stored.get(id)?.length ?? null,
    accept: (id, segment) => {
      stored.set(id, Buffer.from(segment))
      return undefined
    },
  })
  const read = await reader.read(path, null)
  if (!read.ok) return { read, bytes: null }
  if (read.body) stored.set(read.body.id, Buffer.from(read.body.segment))
  return { read, bytes: Buffer.concat(read.bodies.map((id) => stored.get(id)!)).subarray(0, read.sizeBytes) }
}

test.each([LONG, 100_000])(
  'a log of %i bytes that grows while it is read is copied to the length seen at open, and that is noted',
  async (size) => {
    const before = content.subarray(0, size)
    writeFileSync(path, before)
    const { read, bytes } = await readWith(() => appendFileSync(path, 'a new line\n'))
    expect(statSync(path).size).toBeGreaterThan(size)
    expect(read).toMatchObject({ ok: true, sizeBytes: size, sha256: sha256(before), note: 'grew' })
    expect(bytes!.equals(before)).toBe(true)
  },
)

test('a file that stands still has no note', async () => {
  writeFileSync(path, content)
  const { read, bytes } = await readWith(() => {})
  expect(read).toMatchObject({ ok: true, note: null, sha256: sha256(content) })
  expect(bytes!.equals(content)).toBe(true)
})

test('a file rewritten once under the reader is read again, and then is what it is now', async () => {
  writeFileSync(path, content)
  const after = randomBytes(1_000_000)
  const { read, bytes } = await readWith((part) => {
    if (part === 2) writeFileSync(path, after)
  })
  expect(read).toMatchObject({ ok: true, note: null, sizeBytes: after.length, sha256: sha256(after) })
  expect(bytes!.equals(after)).toBe(true)
})

test('a file rewritten in place each time it is read is kept as read last, and that is noted', async () => {
  writeFileSync(path, content)
  let stamp = 0
  const { read } = await readWith(() => {
    writeFileSync(path, randomBytes(300_000))
    utimesSync(path, ++stamp, stamp)
  })
  expect(read).toMatchObject({ ok: true, note: 'changed' })
})

test('a file cut short under the reader is what was there: size, hash and bodies agree', async () => {
  writeFileSync(path, content)
  let length = LONG
  const { read, bytes } = await readWith(() => truncateSync(path, (length = Math.max(1_000_000, length - 5_000_000))))
  expect(read.ok && sha256(bytes!) === read.sha256).toBe(true)
  expect(bytes!.equals(content.subarray(0, bytes!.length))).toBe(true)
})

test('a file replaced by a rename while it is read is read to its own end', async () => {
  writeFileSync(path, content)
  const { read, bytes } = await readWith((part) => {
    if (part !== 1) return
    writeFileSync(join(folder, 'new'), 'new')
    renameSync(join(folder, 'new'), path)
  })
  expect(read.ok).toBe(true)
  expect([sha256(content), sha256(Buffer.from('new'))]).toContain(sha256(bytes!))
})

test('a folder swapped for a symlink leads the reader nowhere else, neither before nor while its files are being read', async () => {
  const logs = join(folder, 'logs')
  const elsewhere = join(folder, 'elsewhere')
  for (const [at, text] of [
    [logs, 'logs'],
    [elsewhere, 'somebody else'],
  ] as const) {
    mkdirSync(at)
    for (const name of ['a', 'b', 'c']) writeFileSync(join(at, name), `${text} ${name}`)
  }
  const reader = new FileReader({ codec: plainCodec, isKnown: () => false, rawBytesOf: () => null, accept: () => undefined })
  expect(await reader.read(join(logs, 'a'), null)).toMatchObject({ ok: true, sha256: sha256(Buffer.from('logs a')) })
  renameSync(logs, join(folder, 'moved'))
  symlinkSync(elsewhere, logs)
  expect(await reader.read(join(logs, 'b'), null)).toMatchObject({ ok: true, sha256: sha256(Buffer.from('logs b')) })
  reader.release()
  expect(await reader.read(join(logs, 'c'), null)).toMatchObject({ ok: false, code: 'vanished' })
  // A link further up: the folder itself is a real one.
  mkdirSync(join(elsewhere, 'deep'))
  writeFileSync(join(elsewhere, 'deep/d'), 'somebody else d')
  expect(await reader.read(join(logs, 'deep/d'), null)).toMatchObject({ ok: false, code: 'vanished', errno: 'ESTALE' })
})
