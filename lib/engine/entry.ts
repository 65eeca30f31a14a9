import { AppError } from '#lib/base/errors.ts'

/** SHA-256 of a segment's uncompressed bytes, 64 hex digits: the address of its frame. */
export type FrameId = string

export type EntryType = 'file' | 'dir' | 'symlink' | 'hardlink'

/** One file, folder or link of an archive, as a manifest line keeps it. */
export interface Entry {
  /** Archive path in text form, without leading or trailing slash. */
  path: string
  type: EntryType
  /** Content bytes; 0 for everything but files. */
  sizeBytes: number
  mtimeNs: bigint
  /** Permission bits, 0 to 0o7777. */
  mode: number
  uid: number
  gid: number
  /** SHA-256 of the content, equal to `sha256sum`; null for everything but files. */
  sha256: string | null
  /** The head's frame, then the bodies' in order. */
  frames: FrameId[]
  /** In text form: where a symlink points as it was stored, or the archive path a hard link shares its content with. */
  linkTarget: string | null
}

const LETTERS: Record<EntryType, string> = { file: 'f', dir: 'd', symlink: 'l', hardlink: 'h' }
const TYPES: Record<string, EntryType> = { f: 'file', d: 'dir', l: 'symlink', h: 'hardlink' }

/** The manifest line of an entry: type, size, mtime, mode, uid, gid, content SHA-256, frames, link target, path; tab separated, no newline. */
export function formatEntryLine(entry: Entry): string {
  return `${LETTERS[entry.type]}\t${entry.sizeBytes}\t${formatMtime(entry.mtimeNs)}\t${entry.mode.toString(8)}\t${entry.uid}\t${entry.gid}\t${entry.sha256 ?? '-'}\t${entry.frames.join(',')}\t${entry.linkTarget ?? '-'}\t${entry.path}`
}

/** Everything before the frames. */
const ATTRIBUTES = /^([fdlh])\t(\d{1,16})\t(-?\d{1,15}\.\d{9})\t([0-7]{1,4})\t(\d{1,10})\t(\d{1,10})\t(-|[0-9a-f]{64})\t/
const HASH = /^[0-9a-f]{64}$/

/** Reads a manifest line; throws `repository_damaged` naming the line when it is not one. */
export function parseEntryLine(line: string): Entry {
  const attributes = ATTRIBUTES.exec(line)
  if (!attributes) throw damaged(line)
  const [before, letter, size, mtime, mode, uid, gid, sha256] = attributes as unknown as string[]
  const type = TYPES[letter!]!
  const isLink = type === 'symlink' || type === 'hardlink'
  // Not by the pattern, which would recurse over the frames of a large file. No field holds a tab: text form escapes it.
  const framesEnd = line.indexOf('\t', before!.length)
  const linkEnd = line.indexOf('\t', framesEnd + 1)
  const link = line.slice(framesEnd + 1, linkEnd)
  const path = line.slice(linkEnd + 1)
  const isSound =
    linkEnd > framesEnd &&
    framesEnd !== -1 &&
    Number(size) <= Number.MAX_SAFE_INTEGER &&
    (sha256 === '-') === (type !== 'file') &&
    (isLink ? link !== '' : link === '-') &&
    path !== '' &&
    !path.includes('\t')
  if (!isSound) throw damaged(line)
  return {
    path,
    type,
    sizeBytes: Number(size),
    mtimeNs: nanosOf(mtime!),
    mode: Number.parseInt(mode!, 8),
    uid: Number(uid),
    gid: Number(gid),
    sha256: type === 'file' ? sha256! : null,
    frames: framesEnd === before!.length ? [] : parseFrames(line.slice(before!.length, framesEnd), line),
    linkTarget: isLink ? link : null,
  }
}

/**
 * Whether two lines of one path have other times, and with them perhaps other frames, but are the same entry otherwise: type, size, mode, owner, content and link.
 * Reads no more of a line than that takes.
 */
export function isTimeAlone(a: string, b: string): boolean {
  const [timeA, timeB] = [tabAfter(a, 0, 2), tabAfter(b, 0, 2)]
  const [modeA, modeB] = [a.indexOf('\t', timeA), b.indexOf('\t', timeB)]
  const [framesA, framesB] = [tabAfter(a, modeA + 1, 4), tabAfter(b, modeB + 1, 4)]
  return (
    timeA === timeB &&
    a.startsWith(b.slice(0, timeB)) &&
    a.slice(modeA, framesA) === b.slice(modeB, framesB) &&
    a.slice(a.indexOf('\t', framesA)) === b.slice(b.indexOf('\t', framesB))
  )
}

/** Where the text after so many more tabs begins. */
function tabAfter(line: string, from: number, tabs: number): number {
  let at = from
  for (let i = 0; i < tabs; i++) at = line.indexOf('\t', at) + 1
  return at
}

function parseFrames(field: string, line: string): FrameId[] {
  const frames = field.split(',')
  for (const id of frames) if (!HASH.test(id)) throw damaged(line)
  return frames
}

/** Seconds with nine decimals, e.g. `1763949600.000000001`; before 1970 the sign stands in front of the whole. */
export function formatMtime(ns: bigint): string {
  const magnitude = ns < 0n ? -ns : ns
  const fraction = (magnitude % 1_000_000_000n).toString().padStart(9, '0')
  return `${ns < 0n ? '-' : ''}${magnitude / 1_000_000_000n}.${fraction}`
}

/** Nanoseconds since 1970 of `formatMtime`'s text; throws `repository_damaged` for anything else. */
export function parseMtime(text: string): bigint {
  if (!/^-?\d{1,15}\.\d{9}$/.test(text)) throw damaged(text)
  return nanosOf(text)
}

/** Two times count as equal below 1 µs apart: Node sets times as doubles, good to about ±120 ns. */
export function mtimesEqual(a: bigint, b: bigint): boolean {
  const apart = a - b
  return apart < 1000n && apart > -1000n
}

/** With nine decimals, dropping the point turns seconds into nanoseconds. */
const nanosOf = (text: string) => BigInt(text.replace('.', ''))

function damaged(line: string): AppError {
  return new AppError('repository_damaged', {
    message: `A manifest line cannot be read: ${line.slice(0, 120)}`,
    hint: 'Run `orchive verify --all` to see which archives are affected.',
  })
}
