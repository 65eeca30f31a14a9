/**
 * Reads back what head.ts writes, and nothing else: a head counts only if encoding what it says gives the same bytes, which checks magic, checksums,
 * padding and the order of pax records at once. Tar files of other programs are not for this.
 */
import { AppError } from '#lib/base/errors.ts'
import { bytesToText } from '#lib/base/path-text.ts'
import { BLOCK, encodeHead, type HeadInput, PAX_FLAG, paddingOf, TYPE_FLAG } from './head.ts'

const TYPES = new Map<number, HeadInput['type']>(Object.entries(TYPE_FLAG).map(([type, flag]) => [flag, type as HeadInput['type']]))

/** What a head says of its entry; throws `frame_damaged` unless it is one whole head, byte for byte as `encodeHead` writes it. */
export function parseHead(head: Buffer): HeadInput {
  const records = head[156] === PAX_FLAG ? readPaxRecords(head) : new Map<string, Buffer>()
  const entry = readEntry(head.subarray(Math.max(0, head.length - BLOCK)), records)
  if (!encodedAs(entry, head)) throw damaged('is not written as ours are')
  return entry
}

/** An entry of a tar stream with its content. */
export interface TarEntry {
  head: HeadInput
  content: Buffer
}

/** The entries of a whole tar stream of ours; throws `frame_damaged` where it is none or does not end as one. */
export function* readTar(stream: Buffer): Generator<TarEntry> {
  let at = 0
  while (at < stream.length && stream[at] !== 0) {
    const bodyBytes = stream[at + 156] === PAX_FLAG ? readOctal(stream.subarray(at, at + BLOCK), 124, 11) : -BLOCK
    const end = at + BLOCK + bodyBytes + paddingOf(Math.max(0, bodyBytes)) + BLOCK
    const head = parseHead(stream.subarray(at, end))
    const content = stream.subarray(end, end + head.sizeBytes)
    at = end + head.sizeBytes + paddingOf(head.sizeBytes)
    if (stream.subarray(end + head.sizeBytes, at).some((byte) => byte !== 0)) throw damaged('is followed by padding that is not zero')
    yield { head, content }
  }
  const rest = stream.subarray(at)
  if (rest.length !== 2 * BLOCK || rest.some((byte) => byte !== 0)) throw damaged('is not followed by the end of the archive')
}

function readEntry(block: Buffer, records: ReadonlyMap<string, Buffer>): HeadInput {
  const type = TYPES.get(block[156] ?? 0)
  if (type === undefined) throw damaged('is of an unknown type')
  const name = records.get('path') ?? joinName(field(block, 345, 155), field(block, 0, 100))
  const link = records.get('linkpath') ?? field(block, 157, 100)
  return {
    path: bytesToText(type === 'dir' ? name.subarray(0, -1) : name),
    type,
    sizeBytes: numberOf(records.get('size')) ?? readOctal(block, 124, 11),
    mtimeNs: nanosOf(records.get('mtime')) ?? BigInt(readOctal(block, 136, 11)) * 1_000_000_000n,
    mode: readOctal(block, 100, 7),
    uid: numberOf(records.get('uid')) ?? readOctal(block, 108, 7),
    gid: numberOf(records.get('gid')) ?? readOctal(block, 116, 7),
    linkTarget: type === 'symlink' || type === 'hardlink' ? bytesToText(link) : null,
  }
}

function readPaxRecords(head: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>()
  const end = BLOCK + readOctal(head, 124, 11)
  for (let at = BLOCK; at < end; ) {
    const space = head.indexOf(0x20, at)
    const length = Number(head.toString('latin1', at, space))
    const equals = head.indexOf(0x3d, space)
    if (space === -1 || equals === -1 || !(length > 0) || at + length > end) throw damaged('has a broken pax record')
    records.set(head.toString('latin1', space + 1, equals), head.subarray(equals + 1, at + length - 1))
    at += length
  }
  return records
}

function field(block: Buffer, at: number, bytes: number): Buffer {
  const end = block.subarray(at, at + bytes).indexOf(0)
  return block.subarray(at, at + (end === -1 ? bytes : end))
}

function joinName(prefix: Buffer, name: Buffer): Buffer {
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name])
}

function readOctal(block: Buffer, at: number, digits: number): number {
  const text = block.toString('latin1', at, at + digits)
  if (!/^[0-7]+$/.test(text)) throw damaged('has a field that is no octal number')
  return Number.parseInt(text, 8)
}

const numberOf = (value: Buffer | undefined) => (value === undefined ? undefined : Number(value.toString('latin1')))

function nanosOf(value: Buffer | undefined): bigint | undefined {
  if (value === undefined) return undefined
  const match = /^(-?\d+)(?:\.(\d{1,9}))?$/.exec(value.toString('latin1'))
  if (!match) throw damaged('has a time that is none')
  return BigInt(match[1]! + (match[2] ?? '').padEnd(9, '0'))
}

function encodedAs(entry: HeadInput, head: Buffer): boolean {
  const { sizeBytes, uid, gid } = entry
  return entry.path !== '' && [sizeBytes, uid, gid].every(Number.isSafeInteger) && encodeHead(entry).equals(head)
}

function damaged(what: string): AppError {
  return new AppError('frame_damaged', {
    message: `A tar head ${what}.`,
    hint: 'Run `orchive verify --all` to see which archives are affected.',
  })
}
