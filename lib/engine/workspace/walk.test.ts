import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesToText, comparePaths } from '#lib/base/path-text.ts'
import { withoutRootRights } from '#test/builders/without-root-rights.ts'
import { type WalkItem, walkItems } from './walk.ts'

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'orchive-walk-')))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const folderItem = (path: string, archiveName = 'top', exclude: string[] = []): WalkItem => ({
  key: `key-of-${archiveName}`,
  kind: 'folder',
  archiveName,
  rawPath: Buffer.from(path),
  exclude: exclude.map((excluded) => Buffer.from(excluded)),
})
const walk = (...items: WalkItem[]) => [...walkItems(items)]
const paths = (...items: WalkItem[]) => walk(...items).map((entry) => entry.path)

function put(path: string, content = 'x'): string {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), content)
  return join(root, path)
}

/** Names that are hard to sort and spell: prefixes of each other, bytes around `/`, invalid UTF-8, control characters. */
const rawName = fc
  .array(fc.oneof(fc.constantFrom(0x61, 0x62, 0x2d, 0x2e, 0x30, 0x5c), fc.constantFrom(0x01, 0x20, 0x7f, 0x80, 0xc3, 0xa4, 0xff)), {
    minLength: 1,
    maxLength: 4,
  })
  .map((bytes) => Buffer.from(bytes))
  .filter((name) => !['.', '..'].includes(name.toString('latin1')))

test('any tree is walked whole, once, in the order of comparePaths', () => {
  fc.assert(
    fc.property(fc.array(fc.array(rawName, { minLength: 1, maxLength: 4 }), { maxLength: 25 }), (wanted) => {
      const top = mkdtempSync(join(root, 't-'))
      const expected = new Set(['top'])
      for (const names of wanted) {
        let path = Buffer.from(top)
        let text = 'top'
        names.forEach((name, depth) => {
          path = Buffer.concat([path, Buffer.from('/'), name])
          text = `${text}/${bytesToText(name)}`
          const stat = lstatSync(path, { throwIfNoEntry: false })
          if (stat?.isFile()) unlinkSync(path)
          if (depth < names.length - 1) mkdirSync(path, { recursive: true })
          else if (!stat?.isDirectory()) writeFileSync(path, 'x')
          expected.add(text)
        })
      }
      const seen = paths(folderItem(top))
      expect(seen).toEqual([...expected].sort(comparePaths))
    }),
    { numRuns: 150 },
  )
})

test('items come in the order of their archive names, with every entry under its name and key', () => {
  put('l/a.txt')
  put('s.json')
  const file: WalkItem = { key: 'state', kind: 'file', archiveName: 'logs.json', rawPath: Buffer.from(join(root, 's.json')), exclude: [] }
  const entries = walk(file, folderItem(join(root, 'l'), 'logs'))
  expect(entries.map(({ path, itemKey, type }) => [path, itemKey, type])).toEqual([
    ['logs', 'key-of-logs', 'dir'],
    ['logs/a.txt', 'key-of-logs', 'file'],
    ['logs.json', 'state', 'file'],
  ])
  expect(entries[1]!.raw.toString()).toBe(join(root, 'l/a.txt'))
})

test('missing and not covered items are passed over', () => {
  const item = folderItem(root)
  expect(paths({ ...item, kind: 'missing' }, { ...item, kind: 'not-covered', archiveName: null, rawPath: null })).toEqual([])
})

test('a folder and a file whose name goes on: children come right after their folder', () => {
  for (const path of ['a/z', 'a.b', 'a-', 'a0']) put(path)
  expect(paths(folderItem(root))).toEqual(['top', 'top/a', 'top/a/z', 'top/a-', 'top/a.b', 'top/a0'])
})

test('items inside are left out, their neighbours are not', () => {
  for (const path of ['kp/1', 'kp2/1', 'state.json', 'state.json.bak']) put(path)
  expect(paths(folderItem(root, 'top', [join(root, 'kp'), join(root, 'state.json')]))).toEqual([
    'top',
    'top/kp2',
    'top/kp2/1',
    'top/state.json.bak',
  ])
})

test('what a restore leaves behind is skipped at every level, other names by choice', () => {
  for (const path of ['.orchive-restore-job_1/x', 'a/.orchive-restore-job_2/x', 'a/.orchive', 'a/skip-me']) put(path)
  expect(paths(folderItem(root))).toEqual(['top', 'top/a', 'top/a/.orchive', 'top/a/skip-me'])
  const chosen = [...walkItems([folderItem(join(root, 'a'))], { skipNames: (name) => name === 'skip-me' })].map((entry) => entry.path)
  expect(chosen).toEqual(['top', 'top/.orchive', 'top/.orchive-restore-job_2', 'top/.orchive-restore-job_2/x'])
})

test('symlinks are never followed, wherever they point; targets are kept as they are', () => {
  put('real/x')
  symlinkSync('real', join(root, 'to-folder'))
  symlinkSync('.', join(root, 'circle'))
  symlinkSync('gone', join(root, 'dangling'))
  symlinkSync(Buffer.from([0x2f, 0xff, 0x5c]), join(root, 'odd'))
  const links = walk(folderItem(root)).filter((entry) => entry.type === 'symlink')
  expect(links.map(({ path, linkTarget, problem }) => [path, linkTarget, problem])).toEqual([
    ['top/circle', '.', null],
    ['top/dangling', 'gone', null],
    ['top/odd', '/\\xff\\\\', null],
    ['top/to-folder', 'real', null],
  ])
  expect(paths(folderItem(root)).filter((path) => path.endsWith('/x'))).toEqual(['top/real/x'])
})

test('stats are exact: nanoseconds, modes with all twelve bits, times before 1970, links of one file share identity', () => {
  const file = put('file', 'hello')
  linkSync(file, join(root, 'link'))
  lutimesSync(file, new Date(-1500), new Date(-1500))
  chmodSync(file, 0o4751)
  const [, first, second] = walk(folderItem(root))
  const stat = lstatSync(file, { bigint: true })
  expect(first!.stat).toEqual({
    dev: stat.dev,
    ino: stat.ino,
    ctimeNs: stat.ctimeNs,
    mtimeNs: -1_500_000_000n,
    size: 5,
    mode: 0o4751,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    nlink: 2,
  })
  expect(second!.stat).toEqual(first!.stat)
})

test('FIFOs and sockets are yielded with a problem that says what they are, and never opened', async () => {
  execFileSync('mkfifo', [join(root, 'fifo')])
  const server = createServer().listen(join(root, 'socket'))
  await once(server, 'listening')
  const special = (name: string, kind: string) => ({
    path: `top/${name}`,
    type: 'other',
    problem: { severity: 'warning', code: 'special_file', path: `top/${name}`, message: `top/${name} is a ${kind}; it is not archived.` },
  })
  const entries = walk(folderItem(root))
  server.close()
  expect(entries.slice(1)).toMatchObject([special('fifo', 'FIFO'), special('socket', 'socket')])
})

test('a character device is named as one', () => {
  const item: WalkItem = { key: 'state', kind: 'file', archiveName: 'null', rawPath: Buffer.from('/dev/null'), exclude: [] }
  expect(walk(item)).toMatchObject([{ type: 'other', problem: { message: 'null is a character device; it is not archived.' } }])
})

test.skipIf(!canMakeDevices())('a block device is named as one', () => {
  execFileSync('mknod', [join(root, 'disk'), 'b', '7', '200'])
  expect(walk(folderItem(root))[1]).toMatchObject({
    type: 'other',
    problem: { message: 'top/disk is a block device; it is not archived.' },
  })
})

/** Only root may, and not in every container. */
function canMakeDevices(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-device-'))
  try {
    execFileSync('mknod', [join(folder, 'disk'), 'b', '7', '200'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('what vanishes while the walk is paused is a problem of that entry alone', () => {
  for (const path of ['a', 'b', 'c/x', 'd']) put(path)
  const generator = walkItems([folderItem(root)])
  expect(generator.next().value?.path).toBe('top')
  rmSync(join(root, 'b'))
  rmSync(join(root, 'c'), { recursive: true })
  const rest = [...generator]
  expect(rest.map((entry) => [entry.path, entry.type, entry.problem?.code ?? null])).toEqual([
    ['top/a', 'file', null],
    ['top/b', 'other', 'vanished'],
    ['top/c', 'other', 'vanished'],
    ['top/d', 'file', null],
  ])
})

test('a folder swapped for a symlink while the walk is paused is not walked through', () => {
  put('inner/x')
  put('secret/key')
  const generator = walkItems([folderItem(root, 'top', [join(root, 'secret'), join(root, 'moved')])])
  generator.next()
  renameSync(join(root, 'inner'), join(root, 'moved'))
  symlinkSync('secret', join(root, 'inner'))
  expect([...generator].map((entry) => [entry.path, entry.type])).toEqual([['top/inner', 'symlink']])
})

test('folders are read when the walk comes to them, not before', () => {
  put('a/1')
  put('z/1')
  const generator = walkItems([folderItem(root)])
  generator.next()
  put('z/2')
  expect([...generator].map((entry) => entry.path)).toEqual(['top/a', 'top/a/1', 'top/z', 'top/z/1', 'top/z/2'])
})

test('an item root that vanished is one entry with a problem', () => {
  expect(walk(folderItem(join(root, 'gone')))).toMatchObject([{ path: 'top', type: 'other', stat: null, problem: { code: 'vanished' } }])
})

test('a folder that cannot be read is kept with a problem, what is below it is not known', () => {
  put('locked/x')
  put('open/x')
  chmodSync(root, 0o755)
  chmodSync(join(root, 'locked'), 0)
  const entries = withoutRootRights(() => walk(folderItem(root)))
  chmodSync(join(root, 'locked'), 0o755)
  expect(entries.map((entry) => [entry.path, entry.type, entry.problem?.message ?? null])).toEqual([
    ['top', 'dir', null],
    ['top/locked', 'dir', 'top/locked cannot be read (EACCES).'],
    ['top/open', 'dir', null],
    ['top/open/x', 'file', null],
  ])
})

test.skipIf(statSync('/dev').dev === statSync('/dev/shm', { throwIfNoEntry: false })?.dev)('a crossed mount point is told', () => {
  const shm = walk(folderItem('/dev')).find((entry) => entry.path === 'top/shm')
  expect(shm).toMatchObject({ type: 'dir', problem: { severity: 'info', code: 'mount_point' } })
})

test('depth costs no stack', () => {
  const depth = 1500
  execFileSync('mkdir', ['-p', join(root, 'd/'.repeat(depth))])
  expect(walk(folderItem(root))).toHaveLength(depth + 1)
})

test('10,000 files of one folder are each walked once', () => {
  for (let i = 0; i < 10_000; i++) writeFileSync(join(root, `knowledge-pack-${1_760_000_000_000 + i}.json`), '')
  const paths = new Set<string>()
  let count = 0
  for (const { type, path } of walkItems([folderItem(root)])) {
    if (type !== 'file') continue
    paths.add(path)
    count++
  }
  expect([paths.size, count]).toEqual([10_000, 10_000])
})
