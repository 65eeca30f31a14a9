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

/** Reads a manifest line; throws `repository_damaged` naming the line when it is not one. */
export function parseEntryLine(line: string): Entry {
  const fields = line.split('\t')
  const type = TYPES[fields[0] ?? '']
  if (fields.length !== 10 || !type) throw damaged(line)
  const [, size, mtime, mode, uid, gid, sha256, frames, link, path] = fields as string[]
  const sizeBytes = Number(size)
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || !/^[0-7]{1,4}$/.test(mode!) || !path) throw damaged(line)
  return {
    path,
    type,
    sizeBytes,
    mtimeNs: parseMtime(mtime!),
    mode: Number.parseInt(mode!, 8),
    uid: Number(uid),
    gid: Number(gid),
    sha256: sha256 === '-' ? null : sha256!,
    frames: frames === '' ? [] : frames!.split(','),
    linkTarget: type === 'symlink' || type === 'hardlink' ? link! : null,
  }
}

/** Seconds with nine decimals, e.g. `1763949600.000000001`; before 1970 the sign stands in front of the whole. */
export function formatMtime(ns: bigint): string {
  const magnitude = ns < 0n ? -ns : ns
  const fraction = (magnitude % 1_000_000_000n).toString().padStart(9, '0')
  return `${ns < 0n ? '-' : ''}${magnitude / 1_000_000_000n}.${fraction}`
}

/** Nanoseconds since 1970 of `formatMtime`'s text; throws `repository_damaged` for anything else. */
export function parseMtime(text: string): bigint {
  const match = /^(-?)(\d{1,15})\.(\d{9})$/.exec(text)
  if (!match) throw damaged(text)
  const magnitude = BigInt(match[2]!) * 1_000_000_000n + BigInt(match[3]!)
  return match[1] === '-' ? -magnitude : magnitude
}

/** Two times count as equal below 1 µs apart: Node sets times as doubles, good to about ±120 ns. */
export function mtimesEqual(a: bigint, b: bigint): boolean {
  const apart = a - b
  return apart < 1000n && apart > -1000n
}

function damaged(line: string): AppError {
  return new AppError('repository_damaged', {
    message: `A manifest line cannot be read: ${line.slice(0, 120)}`,
    hint: 'Run `orchive verify --all` to see which archives are affected.',
  })
}
