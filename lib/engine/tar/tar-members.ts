/**
 * The members of any tar stream, one after the other: ustar, pax, GNU and old headers. Names stay bytes; libraries decode them, and a name that is not
 * UTF-8 would come back as another one.
 */
import { BLOCK, paddingOf, sumOf } from './head.ts'
import { mapInFront, mapInRecord, oldMap, SparseReader, sparseMapOf } from './sparse-map.ts'
import { numberField, unreadable, upToNul, wholeOf, within } from './tar-fields.ts'

/** Records of a pax header and long names of GNU tar are no larger. */
const MAX_HEADER_BYTES = 1024 * 1024
/** Before one member: pax, and GNU's two for long names. */
const MOST_HEADERS = 16
/** Records that hold for all that come. */
const MOST_GLOBALS = 256
/** Of 32 bits, the last of which means nobody. */
const LARGEST_ID = 0xffff_fffen
const NANOS = 1_000_000_000n

export interface TarMember {
  /** As it stands in the stream. */
  name: Buffer
  /** `other` is what no archive keeps: devices, FIFOs, anything unknown. */
  type: 'file' | 'dir' | 'symlink' | 'hardlink' | 'other'
  /** Target of a link as it stands in the stream. */
  link: Buffer
  /** Of the content, holes of a sparse file included. */
  sizeBytes: number
  mtimeNs: bigint
  mode: number
  uid: number
  gid: number
}

/** Bytes as they come; fewer than asked for only at the end. */
export interface TarBytes {
  take(count: number): Promise<Buffer>
  takeSome(most: number): Promise<Buffer>
}

/** Reads members in turn; the content of one is to be read, or is passed over, before the next. Holes of sparse files are read as zeros. */
export class TarMembers {
  private readonly source: TarBytes
  private readonly global = new Map<string, Buffer>()
  /** Content of the current member that nobody has read yet, and the padding after it. */
  private left = 0
  private padding = 0
  /** The current member when it has holes. */
  private sparse: SparseReader | null = null

  constructor(source: TarBytes) {
    this.source = source
  }

  /** The next member, null at the end of the archive; throws `import_unreadable`. */
  async next(): Promise<TarMember | null> {
    await this.passOver()
    const records = new Map(this.global)
    for (let headers = 0; ; headers++) {
      if (headers > MOST_HEADERS || this.global.size > MOST_GLOBALS) throw unreadable('has more headers before a member than any may have')
      const block = await this.source.take(BLOCK)
      // Some writers leave the two zero blocks out.
      if (block.length === 0 || block.every((byte) => byte === 0)) return null
      if (block.length < BLOCK) throw unreadable('is cut short in a header')
      if (!hasChecksum(block)) throw unreadable('has a header whose checksum does not hold')
      const flag = String.fromCharCode(block[156]!)
      if (flag === 'x' || flag === 'g')
        for (const [key, value] of readRecords(await this.text(block))) {
          if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') addToMap(records, value)
          else (flag === 'g' ? this.global : records).set(key, value)
        }
      if (flag === 'L' || flag === 'K') records.set(flag === 'L' ? 'path' : 'linkpath', upToNul(await this.text(block)))
      if (!'xgLK'.includes(flag)) return this.begin(block, flag, records)
    }
  }

  /** What is at hand of the current member's content, at most so much; empty at its end. Throws `import_unreadable` when the stream ends before. */
  async content(most: number): Promise<Buffer> {
    const zeros = this.sparse?.hole(most) ?? NOTHING
    if (zeros.length > 0) return zeros
    const bytes = await this.stored(Math.min(most, this.sparse?.leftOfPart ?? most))
    if (bytes.length > 0) this.sparse?.took(bytes.length)
    return bytes
  }

  private async stored(most: number): Promise<Buffer> {
    if (this.left === 0 || most === 0) return NOTHING
    const bytes = await this.source.takeSome(Math.min(most, this.left))
    if (bytes.length === 0) throw unreadable('is cut short in the content of a file')
    this.left -= bytes.length
    return bytes
  }

  private async begin(block: Buffer, flag: string, records: ReadonlyMap<string, Buffer>): Promise<TarMember> {
    const member = memberOf(block, flag, records)
    // Links and folders have no content, whatever their size field says.
    const hasContent = member.type === 'file' || member.type === 'other'
    this.left = hasContent ? member.sizeBytes : 0
    this.padding = hasContent ? paddingOf(member.sizeBytes) : 0
    const isSparse = flag === 'S' || (member.type === 'file' && [...records.keys()].some((key) => key.startsWith('GNU.sparse.')))
    return isSparse ? this.beginSparse(member, block, flag, records) : member
  }

  private async beginSparse(member: TarMember, block: Buffer, flag: string, records: ReadonlyMap<string, Buffer>): Promise<TarMember> {
    const size = records.get('GNU.sparse.realsize') ?? records.get('GNU.sparse.size')
    const sizeBytes = within(flag === 'S' ? numberField(block, 483, 12) : (wholeOf(size) ?? -1n), 'a size')
    const numbers = await this.sparseNumbers(block, flag, records)
    const map = sparseMapOf(numbers, sizeBytes, this.left)
    if (map === null) throw unreadable('has a file with holes whose map does not fit')
    this.sparse = new SparseReader(map)
    return { ...member, type: 'file', name: records.get('GNU.sparse.name') ?? member.name, sizeBytes }
  }

  private sparseNumbers(block: Buffer, flag: string, records: ReadonlyMap<string, Buffer>): number[] | Promise<number[]> {
    if (flag === 'S') return oldMap(block, () => this.source.take(BLOCK))
    if (records.get('GNU.sparse.major')?.toString() === '1') return mapInFront(() => this.whole(BLOCK))
    return mapInRecord(records.get('GNU.sparse.map'))
  }

  /** So many bytes of what is stored of the member, fewer where it has no more. */
  private async whole(bytes: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for (let left = bytes, piece = await this.stored(left); piece.length > 0; piece = await this.stored(left)) {
      pieces.push(piece)
      left -= piece.length
    }
    return Buffer.concat(pieces)
  }

  private async passOver(): Promise<void> {
    this.sparse = null
    while (this.left > 0) await this.stored(BLOCK * 2048)
    if (this.padding > 0) await this.source.take(this.padding)
    this.padding = 0
  }

  /** The content of a header that goes before a member. */
  private async text(block: Buffer): Promise<Buffer> {
    const size = within(numberField(block, 124, 12), 'a size')
    if (size > MAX_HEADER_BYTES) throw unreadable('has a header larger than any may be')
    const bytes = await this.source.take(size + paddingOf(size))
    if (bytes.length < size) throw unreadable('is cut short in a header')
    return bytes.subarray(0, size)
  }
}

const NOTHING: Buffer = Buffer.alloc(0)
const TYPES: Record<string, TarMember['type']> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'dir',
}

function memberOf(block: Buffer, flag: string, records: ReadonlyMap<string, Buffer>): TarMember {
  const own = field(block, 0, 100)
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0'
  const prefix = isPosix ? field(block, 345, 155) : NOTHING
  const name = records.get('path') ?? (prefix.length === 0 ? own : Buffer.concat([prefix, Buffer.from('/'), own]))
  const type = TYPES[flag] ?? 'other'
  return {
    name,
    // Before there was a flag for folders, they were files with a slash.
    type: type === 'file' && name.at(-1) === 0x2f ? 'dir' : type,
    link: records.get('linkpath') ?? field(block, 157, 100),
    sizeBytes: within(wholeOf(records.get('size')) ?? numberField(block, 124, 12), 'a size'),
    mtimeNs: nanosOf(records.get('mtime')) ?? numberField(block, 136, 12) * NANOS,
    mode: Number(numberField(block, 100, 8) & 0o7777n),
    uid: within(wholeOf(records.get('uid')) ?? numberField(block, 108, 8), 'an owner', LARGEST_ID),
    gid: within(wholeOf(records.get('gid')) ?? numberField(block, 116, 8), 'a group', LARGEST_ID),
  }
}

/** The sum over the header's bytes, which some old programs took as signed. */
function hasChecksum(block: Buffer): boolean {
  const told = numberField(block, 148, 8)
  if (BigInt(sumOf(block)) === told) return true
  let signed = 8 * 0x20
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) signed += block.readInt8(i)
  return BigInt(signed) === told
}

/** A map whose numbers come in records of their own is put together as one that comes in a single record. */
function addToMap(records: Map<string, Buffer>, value: Buffer): void {
  const before = records.get('GNU.sparse.map')
  records.set('GNU.sparse.map', before ? Buffer.concat([before, Buffer.from(','), value]) : value)
}

function* readRecords(text: Buffer): Generator<[string, Buffer]> {
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(0x20, at)
    const equals = text.indexOf(0x3d, space)
    const length = Number(text.toString('latin1', at, Math.max(at, space)))
    if (space === -1 || equals === -1 || !(length > equals - at) || at + length > text.length)
      throw unreadable('has a pax header that is broken')
    yield [text.toString('utf8', space + 1, equals), text.subarray(equals + 1, at + length - 1)]
    at += length
  }
}

function field(block: Buffer, at: number, bytes: number): Buffer {
  // A copy: the block's memory is used again.
  return Buffer.from(upToNul(block.subarray(at, at + bytes)))
}

function nanosOf(value: Buffer | undefined): bigint | undefined {
  if (value === undefined) return undefined
  const match = /^(-?)(\d{1,12})(?:\.(\d{0,9})\d*)?$/.exec(value.toString('latin1'))
  if (!match) throw unreadable('has a pax header with a time that is none')
  const nanos = BigInt(match[2]!) * NANOS + BigInt((match[3] ?? '').padEnd(9, '0'))
  return match[1] === '-' ? -nanos : nanos
}
