import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import fc from 'fast-check'
import { expect } from 'vitest'
import { formatMtime } from '#lib/engine/entry.ts'

/** One thing in a random folder. Names are bytes, as the file system has them. */
export type RandomNode =
  | { kind: 'file'; name: Buffer; content: Buffer; mode: number; mtimeNs: bigint }
  | { kind: 'dir'; name: Buffer; children: RandomNode[]; mode: number; mtimeNs: bigint }
  | { kind: 'symlink'; name: Buffer; target: Buffer; mtimeNs: bigint }
  /** A hard link to the n-th file made so far. */
  | { kind: 'hardlink'; name: Buffer; pick: number }

const nameByte = fc.integer({ min: 1, max: 255 }).filter((byte) => byte !== 0x2f)
const name = fc
  .oneof(
    // Few enough that two trees often have different things under one name.
    { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'd').map((text) => Buffer.from(text)) },
    { weight: 3, arbitrary: fc.stringMatching(/^[a-z0-9 ._-]{1,20}$/).map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: fc.array(nameByte, { minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map((text) => Buffer.from(text.replaceAll(/[/\0]/g, '_'))),
    },
    { weight: 1, arbitrary: fc.integer({ min: 100, max: 255 }).map((length) => Buffer.alloc(length, 'n')) },
  )
  .filter((bytes) => bytes.length > 0 && bytes.length <= 255 && !/^\.{1,2}$/.test(bytes.toString('latin1')))

/** From 1902 to 2100, to the nanosecond. */
const mtimeNs = fc.bigInt({ min: -2_145_000_000_000_000_000n, max: 4_100_000_000_000_000_000n })
// Only root reads what nobody may read, and changes folders that nobody may change.
const isRoot = process.geteuid?.() === 0
const fileMode = fc.constantFrom(0o644, 0o600, 0o755, 0o444, 0o4755, 0o2640, 0o1777, isRoot ? 0o000 : 0o400)
const folderMode = fc.constantFrom(0o755, 0o700, 0o1777, 0o2775, isRoot ? 0o555 : 0o750)

const content = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 1, max: 900_000 }), fc.integer()).map(([length, seed]) => noise(length, seed)) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 30_000 }), fc.integer()), { maxLength: 6 })
      .map((runs) => Buffer.concat(runs.map(([isZero, length, seed]) => (isZero ? Buffer.alloc(length) : noise(length, seed))))),
  },
)

/** Bytes that do not compress, the same for the same seed. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  let x = seed | 1
  for (let i = 0; i < length; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    bytes[i] = x
  }
  return bytes
}

/** A folder's children with names that differ. */
export const randomTree: fc.Arbitrary<RandomNode[]> = fc.letrec<{ nodes: RandomNode[]; node: RandomNode }>((tie) => ({
  nodes: fc.uniqueArray(tie('node'), { maxLength: 6, selector: (node) => node.name.toString('latin1') }),
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('file' as const), name, content, mode: fileMode, mtimeNs }),
    fc.record({ kind: fc.constant('symlink' as const), name, target: name, mtimeNs }),
    fc.record({ kind: fc.constant('hardlink' as const), name, pick: fc.nat({ max: 20 }) }),
    fc.record({ kind: fc.constant('dir' as const), name, children: tie('nodes'), mode: folderMode, mtimeNs }),
  ),
})).nodes

const at = (folder: Buffer, child: Buffer) => Buffer.concat([folder, Buffer.from('/'), child])

/** Makes the nodes in an existing folder; folders get their mode and time last. */
export function makeTree(folder: Buffer, nodes: RandomNode[], files: Buffer[] = []): void {
  for (const node of nodes) {
    const path = at(folder, node.name)
    switch (node.kind) {
      case 'file': {
        writeFileSync(path, node.content)
        chmodSync(path, node.mode)
        const time = formatMtime(node.mtimeNs)
        utimesSync(path, time, time)
        files.push(path)
        break
      }
      case 'symlink': {
        symlinkSync(node.target, path)
        const time = formatMtime(node.mtimeNs)
        lutimesSync(path, time, time)
        break
      }
      case 'hardlink':
        if (files.length > 0) linkSync(files[node.pick % files.length]!, path)
        break
      case 'dir': {
        mkdirSync(path)
        makeTree(path, node.children, files)
        chmodSync(path, node.mode)
        const time = formatMtime(node.mtimeNs)
        utimesSync(path, time, time)
      }
    }
  }
}

/** What one path of a tree looks like to somebody who compares two trees. */
export interface SeenPath {
  /** Latin1, from the top. */
  path: string
  type: string
  mode: number
  mtimeNs: bigint
  content: string
  /** The first path of the same inode. */
  linkedTo: string | null
}

/** Everything below a folder, in a fixed order. */
export function readTree(folder: Buffer, prefix = '', inodes = new Map<bigint, string>()): SeenPath[] {
  return readdirSync(folder, { encoding: 'buffer' })
    .sort(Buffer.compare)
    .flatMap((child): SeenPath[] => {
      const full = at(folder, child)
      const path = `${prefix}${child.toString('latin1')}`
      const stat = lstatSync(full, { bigint: true })
      const common = { path, mode: Number(stat.mode) & 0o7777, mtimeNs: stat.mtimeNs, linkedTo: null }
      if (stat.isSymbolicLink())
        return [{ ...common, mode: 0, type: 'symlink', content: readlinkSync(full, { encoding: 'buffer' }).toString('latin1') }]
      if (stat.isDirectory()) return [{ ...common, type: 'dir', content: '' }, ...readTree(full, `${path}/`, inodes)]
      const linkedTo = inodes.get(stat.ino) ?? null
      if (linkedTo === null) inodes.set(stat.ino, path)
      return [{ ...common, linkedTo, type: 'file', content: readFileSync(full).toString('latin1') }]
    })
}

const isSame = (a: SeenPath, b: SeenPath) =>
  a.path === b.path &&
  a.type === b.type &&
  a.mode === b.mode &&
  a.content === b.content &&
  a.linkedTo === b.linkedTo &&
  areCloseTimes(a.mtimeNs, b.mtimeNs)

const areCloseTimes = (a: bigint, b: bigint) => a - b < 1000n && b - a < 1000n

/** Mode, content and links equal; times within 1 µs. */
export function expectEqualTrees(actual: SeenPath[], expected: SeenPath[]): void {
  // Trees of hundreds of files are compared by the hundred: words are looked for only where there is a difference.
  if (actual.length === expected.length && actual.every((seen, i) => isSame(seen, expected[i]!))) return
  const timeless = (tree: SeenPath[]) => tree.map(({ mtimeNs: _, ...rest }) => rest)
  expect(timeless(actual)).toEqual(timeless(expected))
  for (const [i, seen] of actual.entries()) {
    const { mtimeNs } = expected[i]!
    expect(areCloseTimes(seen.mtimeNs, mtimeNs), `${seen.path}: ${seen.mtimeNs - mtimeNs} ns apart`).toBe(true)
  }
}
