/**
 * Heads: the tar header blocks of an entry (POSIX.1-2017 pax interchange format, "ustar" fields first). The same entry gives the same
 * bytes, forever: no access times, no user or group names, a fixed order of pax records.
 */
import { AppError } from '#lib/base/errors.ts'
import { textToBytes } from '#lib/base/path-text.ts'
import type { Entry } from '../entry.ts'

export const BLOCK = 512
/** What ends an archive: two zero blocks. */
export const END_OF_ARCHIVE: Buffer = Buffer.alloc(2 * BLOCK)

export type HeadInput = Pick<Entry, 'path' | 'type' | 'sizeBytes' | 'mtimeNs' | 'mode' | 'uid' | 'gid' | 'linkTarget'>

const TYPE_FLAG = { file: 0x30, hardlink: 0x31, symlink: 0x32, dir: 0x35 } as const
const PAX_FLAG = 0x78
const MAX_OCTAL_7 = 0o7777777
const MAX_OCTAL_11 = 0o77777777777

/** Zero bytes that follow content of this size up to the next block. */
export function paddingOf(sizeBytes: number): number {
  return (BLOCK - (sizeBytes % BLOCK)) % BLOCK
}

/** The header blocks of an entry: a pax header where the ustar fields cannot say it all, then the ustar header. A multiple of 512 bytes. */
export function encodeHead(entry: HeadInput): Buffer {
  const name = rawName(entry)
  const link = entry.linkTarget === null ? EMPTY : rawPath(entry.linkTarget)
  const records = paxRecords(entry, name, link)
  const split = splitName(name)
  const header = ustarBlock({
    name: split?.name ?? name.subarray(0, 100),
    prefix: split?.prefix ?? EMPTY,
    link: link.subarray(0, 100),
    flag: TYPE_FLAG[entry.type],
    size: entry.sizeBytes,
    mtime: clampSeconds(entry.mtimeNs),
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
  })
  if (records.length === 0) return header
  const body = Buffer.concat(records)
  const pax = ustarBlock({
    name: Buffer.from('PaxHeader'),
    prefix: EMPTY,
    link: EMPTY,
    flag: PAX_FLAG,
    size: body.length,
    mtime: 0,
    mode: 0o644,
    uid: 0,
    gid: 0,
  })
  return Buffer.concat([pax, body, Buffer.alloc(paddingOf(body.length)), header])
}

const EMPTY = Buffer.alloc(0)

function rawPath(text: string): Buffer {
  const bytes = textToBytes(text)
  if (bytes === null)
    throw new AppError('path_unsafe', {
      message: `“${text}” is not the text form of a path.`,
      hint: 'Write `\\` as `\\\\` and odd bytes as `\\xHH`.',
    })
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function rawName(entry: HeadInput): Buffer {
  const path = rawPath(entry.path)
  return entry.type === 'dir' ? Buffer.concat([path, Buffer.from('/')]) : path
}

/** Name and prefix of the ustar fields; null when the path does not fit them. */
function splitName(name: Buffer): { name: Buffer; prefix: Buffer } | null {
  if (name.length <= 100) return { name, prefix: EMPTY }
  // The slash between prefix and name is not stored; the name must not be empty, so a folder's own last slash does not count.
  for (let at = name.length - 2; at >= 0; at--) {
    if (name[at] !== 0x2f) continue
    if (name.length - at - 1 > 100) return null
    if (at <= 155 && at > 0) return { name: name.subarray(at + 1), prefix: name.subarray(0, at) }
  }
  return null
}

/** The pax records that the ustar fields need help with, in fixed order. */
function paxRecords(entry: HeadInput, name: Buffer, link: Buffer): Buffer[] {
  const longName = splitName(name) === null
  const longLink = link.length > 100
  const needsName = longName || (isUtf8(name) && !isAscii(name))
  const needsLink = longLink || (isUtf8(link) && !isAscii(link))
  const records: Buffer[] = []
  // bsdtar reads names of unknown encoding only when told so before them.
  if ((needsName && !isUtf8(name)) || (needsLink && !isUtf8(link))) records.push(paxRecord('hdrcharset', Buffer.from('BINARY')))
  if (needsName) records.push(paxRecord('path', name))
  if (needsLink) records.push(paxRecord('linkpath', link))
  if (entry.sizeBytes > MAX_OCTAL_11) records.push(paxRecord('size', Buffer.from(String(entry.sizeBytes))))
  if (entry.uid > MAX_OCTAL_7) records.push(paxRecord('uid', Buffer.from(String(entry.uid))))
  if (entry.gid > MAX_OCTAL_7) records.push(paxRecord('gid', Buffer.from(String(entry.gid))))
  const seconds = entry.mtimeNs / 1_000_000_000n
  if (entry.mtimeNs % 1_000_000_000n !== 0n || entry.mtimeNs < 0n || seconds > BigInt(MAX_OCTAL_11)) {
    records.push(paxRecord('mtime', Buffer.from(paxTime(entry.mtimeNs))))
  }
  return records
}

/** `length key=value\n`, where length counts itself. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = 1 + Buffer.byteLength(key) + 1 + value.length + 1
  let length = rest + String(rest).length
  if (rest + String(length).length !== length) length = rest + String(length).length
  return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from('\n')])
}

/** Decimal seconds without trailing zeros. */
function paxTime(ns: bigint): string {
  const magnitude = ns < 0n ? -ns : ns
  const fraction = (magnitude % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '')
  return `${ns < 0n ? '-' : ''}${magnitude / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`
}

function clampSeconds(ns: bigint): number {
  const seconds = ns < 0n ? 0 : Number(ns / 1_000_000_000n)
  return Math.min(seconds, MAX_OCTAL_11)
}

interface UstarFields {
  name: Buffer
  prefix: Buffer
  link: Buffer
  flag: number
  size: number
  mtime: number
  mode: number
  uid: number
  gid: number
}

function ustarBlock(fields: UstarFields): Buffer {
  const block = Buffer.alloc(BLOCK)
  fields.name.copy(block, 0)
  writeOctal(block, fields.mode, 100, 7)
  writeOctal(block, Math.min(fields.uid, MAX_OCTAL_7), 108, 7)
  writeOctal(block, Math.min(fields.gid, MAX_OCTAL_7), 116, 7)
  writeOctal(block, Math.min(fields.size, MAX_OCTAL_11), 124, 11)
  writeOctal(block, fields.mtime, 136, 11)
  block[156] = fields.flag
  fields.link.copy(block, 157)
  block.write('ustar\x0000', 257, 'latin1')
  fields.prefix.copy(block, 345)
  block.fill(0x20, 148, 156)
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += block[i]!
  writeOctal(block, sum, 148, 6)
  block[154] = 0
  return block
}

function writeOctal(block: Buffer, value: number, at: number, digits: number): void {
  block.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
}

const isAscii = (bytes: Buffer) => bytes.every((b) => b < 0x80)
const decoder = new TextDecoder('utf-8', { fatal: true })
function isUtf8(bytes: Buffer): boolean {
  if (isAscii(bytes)) return true
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}
