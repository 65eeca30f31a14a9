/**
 * Invariant: nothing is written outside the chosen root. An archive is hostile input until checked: every path must be a canonical
 * text form of plain names, paths must ascend (so none comes twice), and what lies under a path must lie under a folder.
 */
import { AppError } from '#lib/base/errors.ts'
import { comparePaths, textToBytes } from '#lib/base/path-text.ts'
import type { Entry } from '../entry.ts'

const SLASH = 0x2f
const DOT = 0x2e
const MAX_NAME_BYTES = 255

/** The raw bytes of an archive path; throws `path_unsafe` for anything that could leave its root. */
export function safePathBytes(path: string): Buffer {
  const bytes = textToBytes(path)
  if (bytes === null) throw unsafe(path, 'is not the text form of a path')
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let start = 0
  for (let i = 0; i <= buffer.length; i++) {
    if (i < buffer.length && buffer[i] !== SLASH) {
      if (buffer[i] === 0) throw unsafe(path, 'holds a zero byte')
      continue
    }
    const length = i - start
    if (length === 0) throw unsafe(path, 'has an empty part')
    if (length <= 2 && buffer[start] === DOT && (length === 1 || buffer[start + 1] === DOT)) throw unsafe(path, 'has a “.” or “..” part')
    if (length > MAX_NAME_BYTES) throw unsafe(path, 'has a part longer than 255 bytes')
    start = i + 1
  }
  return buffer
}

/** True when the path is the folder or lies under it; both in text form. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || (path.startsWith(folder) && path.charCodeAt(folder.length) === SLASH)
}

/** The folder of an archive path; null at the top. */
export function parentOf(path: string): string | null {
  const at = path.lastIndexOf('/')
  return at < 0 ? null : path.slice(0, at)
}

/** The last name of a path in text form. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Checks entries as they stream by; throws `path_unsafe` at the first that breaks the rules. */
export class EntryGuard {
  private previous: Entry | null = null

  /** The raw path of the next entry. */
  check(entry: Entry): Buffer {
    const bytes = safePathBytes(entry.path)
    if (this.previous !== null) {
      if (comparePaths(this.previous.path, entry.path) >= 0)
        throw unsafe(entry.path, `comes after “${this.previous.path}” in the archive, out of order`)
      if (this.previous.type !== 'dir' && isWithin(entry.path, this.previous.path)) {
        throw unsafe(entry.path, `lies under “${this.previous.path}”, which is no folder`)
      }
    }
    if (entry.type === 'hardlink') safePathBytes(entry.linkTarget ?? '')
    this.previous = entry
    return bytes
  }
}

function unsafe(path: string, why: string): AppError {
  return new AppError('path_unsafe', {
    message: `The archive path “${path}” ${why}.`,
    hint: 'Nothing was written. Run `orchive verify` on the archive; a healthy archive has no such path.',
    context: { path },
  })
}
