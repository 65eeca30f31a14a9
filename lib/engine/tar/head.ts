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

/** The type flags of entries in a tar header. */
export const TYPE_FLAG = { file: 0x30, hardlink: 0x31, symlink: 0x32, dir: 0x35 } as const
/** The type flag of a pax header. */
export const PAX_FLAG = 0x78
const MAX_OCTAL_7 = 0o7777777
const MAX_OCTAL_11 = 0o77777777777
const MAX_NAME = 100
const MAX_PREFIX = 155
const SLASH = 0x2f
const NANOS = 1_000_000_000n

/** Zero bytes that follow content of this size up to the next block. */
export function paddingOf(sizeBytes: number): number {
  return (BLOCK - (sizeBytes % BLOCK)) % BLOCK
}

/** The header blocks of an entry: a pax header where the ustar fields cannot say it all, then the ustar header. A multiple of 512 bytes. */
export function encodeHead(entry: HeadInput): Buffer {
  const name = nameField(entry.type === 'dir' ? `${entry.path}/` : entry.path)
  const link = entry.linkTarget === null ? NO_LINK : nameField(entry.linkTarget)
  const split = splitName(name.bytes)
  const pax = paxRecords(entry, { ...name, fits: split !== null }, { ...link, fits: link.bytes.length <= MAX_NAME })
  const bodyEnd = pax.length === 0 ? 0 : BLOCK + pax.length
  // From the pool: a buffer of its own would cost as much as all the rest.
  const head = Buffer.allocUnsafe(bodyEnd + paddingOf(pax.length) + BLOCK).fill(0)
  if (pax.length > 0) {
    writePaxHeader(head, pax.length)
    pax.copy(head, BLOCK)
  }
  writeUstar(head.subarray(head.length - BLOCK), entry, name.bytes, split, link.bytes)
  return head
}

/** Name or link target: its bytes, and how tar programs would read them. */
interface NameField {
  bytes: Buffer
  encoding: 'ascii' | 'utf8' | 'raw'
}

const NO_LINK: NameField = { bytes: Buffer.alloc(0), encoding: 'ascii' }
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/

function nameField(text: string): NameField {
  if (PLAIN.test(text)) return { bytes: Buffer.from(text, 'latin1'), encoding: 'ascii' }
  const bytes = textToBytes(text)
  if (bytes === null)
    throw new AppError('path_unsafe', {
      message: `“${text}” is not the text form of a path.`,
      hint: 'Write `\\` as `\\\\` and odd bytes as `\\xHH`.',
    })
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { bytes: buffer, encoding: isAscii(buffer) ? 'ascii' : isComposedUtf8(buffer) ? 'utf8' : 'raw' }
}

/** Where the slash between the ustar prefix and name fields lies: -1 = no prefix needed; null = the path does not fit the fields. */
function splitName(name: Buffer): number | null {
  if (name.length <= MAX_NAME) return -1
  // The name field must not be empty, so a folder's own last slash does not count.
  for (let at = name.length - 2; at > 0 && name.length - at - 1 <= MAX_NAME; at--) {
    if (name[at] === SLASH && at <= MAX_PREFIX) return at
  }
  return null
}

/** The pax records that the ustar fields need help with, in fixed order. */
function paxRecords(entry: HeadInput, name: NameField & { fits: boolean }, link: NameField & { fits: boolean }): Buffer {
  const needsName = !name.fits || name.encoding === 'utf8'
  const needsLink = !link.fits || link.encoding === 'utf8'
  const records: string[] = []
  // Told so before them, bsdtar takes names as bytes; else it refuses what is no UTF-8 and composes accents.
  if ((needsName && name.encoding === 'raw') || (needsLink && link.encoding === 'raw')) records.push(paxRecord('hdrcharset', 'BINARY'))
  if (needsName) records.push(paxRecord('path', name.bytes.toString('latin1')))
  if (needsLink) records.push(paxRecord('linkpath', link.bytes.toString('latin1')))
  if (entry.sizeBytes > MAX_OCTAL_11) records.push(paxRecord('size', String(entry.sizeBytes)))
  if (entry.uid > MAX_OCTAL_7) records.push(paxRecord('uid', String(entry.uid)))
  if (entry.gid > MAX_OCTAL_7) records.push(paxRecord('gid', String(entry.gid)))
  if (entry.mtimeNs % NANOS !== 0n || entry.mtimeNs < 0n || entry.mtimeNs / NANOS > BigInt(MAX_OCTAL_11))
    records.push(paxRecord('mtime', paxTime(entry.mtimeNs)))
  return records.length === 0 ? NO_LINK.bytes : Buffer.from(records.join(''), 'latin1')
}

/** `length key=value\n` with a character a byte, where length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3
  let length = rest + String(rest).length
  if (rest + String(length).length !== length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

/** Decimal seconds without trailing zeros. */
function paxTime(ns: bigint): string {
  const magnitude = ns < 0n ? -ns : ns
  const nanos = Number(magnitude % NANOS)
  const seconds = `${ns < 0n ? '-' : ''}${magnitude / NANOS}`
  return nanos === 0 ? seconds : `${seconds}.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`
}

/** The header block in front of pax records; only its size differs from entry to entry. */
const PAX_BLOCK = Buffer.alloc(BLOCK)
PAX_BLOCK.write('PaxHeader', 0, 'latin1')
writeNumbers(PAX_BLOCK, { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 })
finishBlock(PAX_BLOCK, PAX_FLAG)
const PAX_BLOCK_SUM = sumOf(PAX_BLOCK)

function writePaxHeader(head: Buffer, bodyBytes: number): void {
  PAX_BLOCK.copy(head)
  writeOctal(head, bodyBytes, 124, 11)
  let sum = PAX_BLOCK_SUM
  for (let i = 124; i < 135; i++) sum += head[i]! - 0x30
  writeOctal(head, sum, 148, 6)
}

function writeUstar(block: Buffer, entry: HeadInput, name: Buffer, split: number | null, link: Buffer): void {
  // What does not fit stands in the pax header; old readers see the start of it.
  if (split === null || split === -1) name.copy(block, 0, 0, MAX_NAME)
  else {
    name.copy(block, 0, split + 1)
    name.copy(block, 345, 0, split)
  }
  link.copy(block, 157, 0, MAX_NAME)
  const seconds = entry.mtimeNs < 0n ? 0 : Number(entry.mtimeNs / NANOS)
  writeNumbers(block, {
    mode: entry.mode,
    uid: Math.min(entry.uid, MAX_OCTAL_7),
    gid: Math.min(entry.gid, MAX_OCTAL_7),
    size: Math.min(entry.sizeBytes, MAX_OCTAL_11),
    mtime: Math.min(seconds, MAX_OCTAL_11),
  })
  finishBlock(block, TYPE_FLAG[entry.type])
}

function writeNumbers(block: Buffer, fields: { mode: number; uid: number; gid: number; size: number; mtime: number }): void {
  writeOctal(block, fields.mode, 100, 7)
  writeOctal(block, fields.uid, 108, 7)
  writeOctal(block, fields.gid, 116, 7)
  writeOctal(block, fields.size, 124, 11)
  writeOctal(block, fields.mtime, 136, 11)
}

/** Type flag, magic and version, then the checksum. */
function finishBlock(block: Buffer, flag: number): void {
  block[156] = flag
  block.write('ustar\x0000', 257, 'latin1')
  block[155] = 0x20
  writeOctal(block, sumOf(block), 148, 6)
}

/** The sum of a block's bytes with spaces in place of the checksum. */
export function sumOf(block: Uint8Array): number {
  let sum = 8 * 0x20
  for (let i = 0; i < 148; i++) sum += block[i]!
  for (let i = 156; i < BLOCK; i++) sum += block[i]!
  return sum
}

function writeOctal(block: Buffer, value: number, at: number, digits: number): void {
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    const above = Math.floor(rest / 8)
    block[i] = 0x30 + rest - above * 8
    rest = above
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function isAscii(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 0x80) return false
  return true
}

/** UTF-8 in normal form C: libarchive brings every other UTF-8 name into that form, which is another name on Linux. */
function isComposedUtf8(bytes: Buffer): boolean {
  try {
    const text = decoder.decode(bytes)
    return text.normalize('NFC') === text
  } catch {
    return false
  }
}
