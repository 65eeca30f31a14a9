/** Stamps: what lstat and fstat said of an entry, as 64 bytes that compare fast and travel between threads without being taken apart. */
import type { EntryType } from '../entry.ts'

export const RECORD_BYTES = 64
/** A file may change again within one tick of a coarse clock, unseen by its times: a stamp taken sooner than this after them is not believed. */
const SETTLE_NS = 2_000_000_000n

export interface StampInput {
  type: EntryType
  dev: bigint
  ino: bigint
  ctimeNs: bigint
  mtimeNs: bigint
  size: number
  mode: number
  uid: number
  gid: number
}

/**
 * The same memory as numbers of several widths. Bytes of a record: 0 dev, 8 ino, 16 ctime ns, 24 mtime ns, 32 size (of a symlink: hash of its
 * target) as a double, 40 hash of the archive path, 48 mode | type << 12 | settled << 15, 52 uid, 56 gid, 60 zero.
 */
export interface StampViews {
  bytes: Uint8Array
  big: BigInt64Array
  double: Float64Array
  word: Uint32Array
}

const TYPE_CODES = { file: 0, dir: 1, symlink: 2, hardlink: 3 } as const
const SETTLED = 1 << 15

/** Views of memory that holds records. */
export function stampViews(memory: ArrayBuffer): StampViews {
  return { bytes: new Uint8Array(memory), big: new BigInt64Array(memory), double: new Float64Array(memory), word: new Uint32Array(memory) }
}

/** Memory for this many records. */
export const newStamps = (count: number): StampViews => stampViews(new ArrayBuffer(count * RECORD_BYTES))

/** Writes the n-th record. `takenAtMs` is the real clock before a file was opened; null for what has no content to trust. */
export function writeStamp(
  stamps: StampViews,
  n: number,
  path: string,
  linkTarget: string | null,
  stat: StampInput,
  takenAtMs: number | null,
): void {
  const { big, double, word } = stamps
  const settledNs = takenAtMs === null ? null : BigInt(Math.floor(takenAtMs)) * 1_000_000n - SETTLE_NS
  const isSettled = settledNs !== null && stat.mtimeNs <= settledNs && stat.ctimeNs <= settledNs
  big[n * 8] = stat.dev
  big[n * 8 + 1] = stat.ino
  big[n * 8 + 2] = stat.ctimeNs
  big[n * 8 + 3] = stat.mtimeNs
  double[n * 8 + 4] = stat.type === 'symlink' ? targetHash(linkTarget) : stat.size
  hashPath(path)
  word[n * 16 + 10] = hashLow
  word[n * 16 + 11] = hashHigh
  word[n * 16 + 12] = stat.mode | (TYPE_CODES[stat.type] << 12) | (isSettled ? SETTLED : 0)
  word[n * 16 + 13] = stat.uid
  word[n * 16 + 14] = stat.gid
}

/** Whether the n-th record is of this path. */
export function isOfPath(stamps: StampViews, n: number, path: string): boolean {
  hashPath(path)
  return stamps.word[n * 16 + 10] === hashLow && stamps.word[n * 16 + 11] === hashHigh
}

/** Whether a file still is what it was: same inode, times and size, and settled when it was read. */
export function isFileUnchanged(stamps: StampViews, n: number, live: Omit<StampInput, 'type'>): boolean {
  const { big, double, word } = stamps
  return (
    word[n * 16 + 12] === (live.mode | SETTLED) &&
    double[n * 8 + 4] === live.size &&
    big[n * 8 + 3] === live.mtimeNs &&
    big[n * 8 + 2] === live.ctimeNs &&
    big[n * 8 + 1] === BigInt.asIntN(64, live.ino) &&
    big[n * 8] === BigInt.asIntN(64, live.dev) &&
    word[n * 16 + 13] === live.uid &&
    word[n * 16 + 14] === live.gid
  )
}

/** Whether a folder or symlink has the attributes it had; it has no content, so whether it is the same inode does not matter. */
export function isNodeUnchanged(
  stamps: StampViews,
  n: number,
  type: 'dir' | 'symlink',
  linkTarget: string | null,
  live: Omit<StampInput, 'type'>,
): boolean {
  const { big, double, word } = stamps
  return (
    word[n * 16 + 12] === (live.mode | (TYPE_CODES[type] << 12)) &&
    big[n * 8 + 3] === live.mtimeNs &&
    word[n * 16 + 13] === live.uid &&
    word[n * 16 + 14] === live.gid &&
    (type === 'dir' || double[n * 8 + 4] === targetHash(linkTarget))
  )
}

/** Type of the n-th entry. */
export function typeOf(stamps: StampViews, n: number): EntryType {
  return (['file', 'dir', 'symlink', 'hardlink'] as const)[(stamps.word[n * 16 + 12]! >> 12) & 3]!
}

/** Inode and device of the n-th record, as one key. */
export function inodeKey(stamps: StampViews, n: number): string {
  return `${BigInt.asUintN(64, stamps.big[n * 8]!)}:${BigInt.asUintN(64, stamps.big[n * 8 + 1]!)}`
}

let hashLow = 0
let hashHigh = 0

/** Two independent FNV-1a hashes: 64 bits tell paths of one archive apart, and a record must fit in inode and times as well. */
function hashPath(path: string): void {
  let low = 0x811c9dc5
  let high = 0x9747b28c
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x5bd1e995)
    high ^= high >>> 15
  }
  hashLow = low >>> 0
  hashHigh = high >>> 0
}

function targetHash(target: string | null): number {
  hashPath(target ?? '')
  return hashHigh * 0x100000 + (hashLow >>> 12)
}
