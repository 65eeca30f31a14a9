import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTree, noise, randomTree, readTree, type SeenPath } from '#test/builders/random-tree.ts'
import { ByteSource } from '../import/byte-source.ts'
import { encodeHead } from './head.ts'
import { TarMembers } from './tar-members.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-members-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** The members of a tar file as `readTree` tells of a folder; times in whole seconds. */
async function membersOf(bytes: Buffer, size: number): Promise<SeenPath[]> {
  const members = new TarMembers(new ByteSource(pieces(bytes, size)))
  const seen: SeenPath[] = []
  for (let member = await members.next(); member; member = await members.next()) {
    const path = member.name.toString('latin1').replace(/^\.\//, '').replace(/\/$/, '')
    if (path === '' || path === '.') continue
    let content = ''
    for (let piece = await members.content(700); piece.length > 0; piece = await members.content(700)) content += piece.toString('latin1')
    const link = member.link.toString('latin1').replace(/^\.\//, '')
    const before = seen.find((other) => member.type === 'hardlink' && other.path === link)
    seen.push({
      path,
      type: member.type === 'hardlink' ? 'file' : member.type,
      mode: member.type === 'symlink' ? 0 : member.mode,
      mtimeNs: 0n,
      content: before?.content ?? (member.type === 'symlink' ? member.link.toString('latin1') : content),
      linkedTo: before ? link : null,
    })
  }
  return seen.sort((a, b) => (a.path < b.path ? -1 : 1))
}

test.each([
  ['tar', '--format=gnu'],
  ['tar', '--format=posix'],
  ['bsdtar', '--format=pax'],
  ['bsdtar', '--format=gnutar'],
])('what %s writes with %s is read as it is: bytes of names, links, modes and content', async (program, format) => {
  let n = 0
  await fc.assert(
    fc.asyncProperty(randomTree, fc.integer({ min: 300, max: 40_000 }), async (nodes, size) => {
      const root = join(folder, `tree-${++n}`)
      mkdirSync(root)
      makeTree(Buffer.from(root), nodes)
      const path = join(folder, `${n}.tar`)
      const made = spawnSync(program, ['-cf', path, format, '-C', root, '.'], { env: { ...process.env, LC_ALL: 'C' } })
      expect(made.status, made.stderr.toString()).toBe(0)
      const expected = readTree(Buffer.from(root)).map((seen) => ({ ...seen, mtimeNs: 0n }))
      const found = await membersOf(readFileSync(path), size)
      // Which of its names is the file is up to the program.
      const linkless = (tree: SeenPath[]) => tree.map(({ linkedTo: _, ...rest }) => rest).sort((a, b) => (a.path < b.path ? -1 : 1))
      expect(linkless(found)).toEqual(linkless(expected))
    }),
    { numRuns: 6 },
  )
})

test('any bytes end in a clear error or in members, never in anything else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2000 }), async (bytes) => {
      const outcome = await membersOf(Buffer.from(bytes), 512).then(
        () => 'read',
        (error: { code?: string }) => error.code,
      )
      expect(['read', 'import_unreadable']).toContain(outcome)
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['a pax header of less than no bytes', { flag: 'x', at: 124, bytes: Buffer.alloc(12, 0xff) }, 'names a size that cannot be'],
  [
    'an owner that no file can have',
    { flag: '0', at: 108, bytes: Buffer.from('8000000100000000', 'hex') },
    'names an owner that cannot be',
  ],
])('%s is refused', async (_, { flag, at, bytes }, why) => {
  const head = encodeHead({ path: 'x', type: 'file', sizeBytes: 0, mtimeNs: 0n, mode: 0, uid: 0, gid: 0, linkTarget: null })
  bytes.copy(head, at)
  const bad = membersOf(Buffer.concat([flagged(head, flag), Buffer.alloc(2048, 'x')]), 512)
  await expect(bad).rejects.toMatchObject({ code: 'import_unreadable', message: expect.stringContaining(why) })
})

/** A head as another kind of header, whose checksum holds. */
function flagged(head: Buffer, flag: string): Buffer {
  head.write(flag, 156, 'latin1')
  head.fill(0x20, 148, 156)
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return head
}

const NOBODYS = { mtimeNs: 0n, mode: 0o644, uid: 0, gid: 0, linkTarget: null, type: 'file' as const }

test.each([
  ['more long names before a member than any has', () => Buffer.concat(Array(17).fill(header('L', 'x\0'))), 'more headers before a member'],
  [
    'more records for all members than anybody writes',
    () => header('g', Array.from({ length: 257 }, (_, i) => `10 k${100 + i}=v\n`).join('')),
    'more headers before a member',
  ],
  ['a header of two megabytes', () => flagged(encodeHead({ ...NOBODYS, path: 'x', sizeBytes: 2 << 20 }), 'x'), 'larger than any may be'],
])('%s is refused before it fills memory', async (_, bytes, why) => {
  await expect(membersOf(bytes(), 4096)).rejects.toMatchObject({ code: 'import_unreadable', message: expect.stringContaining(why) })
})

function header(flag: string, text: string): Buffer {
  return Buffer.concat([
    flagged(encodeHead({ ...NOBODYS, path: 'x', sizeBytes: text.length }), flag),
    Buffer.from(text.padEnd(Math.ceil(text.length / 512) * 512, '\0')),
  ])
}

test.each([
  ['tar', '--format=gnu', '-S'],
  ['tar', '--format=posix', '-S'],
  ['tar', '--format=posix', '-S', '--sparse-version=0.0'],
  ['tar', '--format=posix', '-S', '--sparse-version=0.1'],
  ['bsdtar', '--format=pax', '--read-sparse'],
])('files with holes come whole out of what %s %s %s %s writes', async (program, ...how) => {
  const root = join(folder, 'holes')
  mkdirSync(root)
  // More parts than a header of GNU's own format and one block behind it have room for.
  const files = { few: [0, 70_000], 'at the end': [100_000], many: Array.from({ length: 40 }, (_, i) => 8192 * (2 * i + 1)), none: [] }
  for (const [name, offsets] of Object.entries(files)) {
    const fd = openSync(join(root, name), 'wx')
    for (const at of offsets) writeSync(fd, noise(4096, at + 1), 0, 4096, at)
    ftruncateSync(fd, 1_000_000)
    closeSync(fd)
  }
  writeFileSync(join(root, 'whole'), 'whole')
  const path = join(folder, 'holes.tar')
  const made = spawnSync(program, ['-cf', path, ...how, '-C', root, '.'], { env: { ...process.env, LC_ALL: 'C' } })
  expect(made.status, made.stderr.toString()).toBe(0)
  expect(statSync(path).size).toBeLessThan(1_000_000)
  const found = await membersOf(readFileSync(path), 3000)
  const expected = readTree(Buffer.from(root)).map((seen) => ({ ...seen, mtimeNs: 0n }))
  const hashes = (tree: SeenPath[]) =>
    tree.map(({ path: name, content }) => [
      name,
      createHash('sha256')
        .update(content ?? '', 'latin1')
        .digest('hex'),
    ])
  expect(hashes(found)).toEqual(hashes(expected))
})

test.each([
  ['goes back', '512,512,0,512'],
  ['is longer than the file', '0,512,1024,4096'],
  ['says more than is stored', '0,2048'],
  ['has half a pair', '0,512,1024'],
  ['is no list of numbers', '0,x'],
])('a map of holes that %s is refused', async (_, map) => {
  const records = [`GNU.sparse.map=${map}`, 'GNU.sparse.size=2048'].map((text) => `${text.length + 4} ${text}\n`).join('')
  const pax = flagged(encodeHead({ ...NOBODYS, path: 'pax', sizeBytes: records.length }), 'x')
  const bytes = Buffer.concat([
    pax,
    Buffer.from(records.padEnd(512, '\0')),
    encodeHead({ ...NOBODYS, path: 'x', sizeBytes: 1024 }),
    Buffer.alloc(1024),
  ])
  await expect(membersOf(bytes, 512)).rejects.toMatchObject({ code: 'import_unreadable' })
})
