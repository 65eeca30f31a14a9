import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTree, randomTree, readTree, type SeenPath } from '#test/builders/random-tree.ts'
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
  head.write(flag, 156, 'latin1')
  bytes.copy(head, at)
  head.fill(0x20, 148, 156)
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  const bad = membersOf(Buffer.concat([head, Buffer.alloc(2048, 'x')]), 512)
  await expect(bad).rejects.toMatchObject({ code: 'import_unreadable', message: expect.stringContaining(why) })
})
