/**
 * Invariant: nothing is written outside the chosen root. An archive is hostile input until checked: every path must be a canonical
 * text form of plain names, paths must ascend (so none comes twice), and what lies under a path must lie under a folder.
 */
import { AppError } from '#lib/base/errors.ts'
import { comparePaths } from '#lib/base/path-text.ts'
import type { Entry } from '../entry.ts'
import { type RawPath, rawOfText } from '../raw-path.ts'

const SLASH = 0x2f
const MAX_NAME_BYTES = 255
/** An empty part, a part of one or two dots, or a zero byte. */
const HOSTILE = /(^|\/)\.{0,2}(\/|$)|\0/

const HEALTHY_HINT = 'Nothing was written. Run `orchive verify` on the archive; a healthy archive has no such path.'

/** The raw form of an archive path; throws `path_unsafe` for anything that could leave its root, with a hint for whoever gave the path. */
export function safeRawPath(path: string, hint = HEALTHY_HINT): RawPath {
  const raw = rawOfText(path)
  if (raw === null) throw unsafe(path, 'is not the text form of a path', hint)
  // Nearly every path is fine: one test for it, reasons only for the others.
  if (raw.length > MAX_NAME_BYTES || HOSTILE.test(raw)) explain(path, raw, hint)
  return raw
}

function explain(path: string, raw: RawPath, hint: string): void {
  for (const part of raw.split('/')) {
    if (part === '') throw unsafe(path, 'has an empty part', hint)
    if (part === '.' || part === '..') throw unsafe(path, 'has a “.” or “..” part', hint)
    if (part.length > MAX_NAME_BYTES) throw unsafe(path, 'has a part longer than 255 bytes', hint)
    if (part.includes('\0')) throw unsafe(path, 'holds a zero byte', hint)
  }
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
  check(entry: Entry): RawPath {
    const raw = safeRawPath(entry.path)
    if (this.previous !== null) {
      if (comparePaths(this.previous.path, entry.path) >= 0)
        throw unsafe(entry.path, `comes after “${this.previous.path}” in the archive, out of order`)
      if (this.previous.type !== 'dir' && isWithin(entry.path, this.previous.path)) {
        throw unsafe(entry.path, `lies under “${this.previous.path}”, which is no folder`)
      }
    }
    if (entry.type === 'hardlink') safeRawPath(entry.linkTarget ?? '')
    this.previous = entry
    return raw
  }
}

function unsafe(path: string, why: string, hint = HEALTHY_HINT): AppError {
  return new AppError('path_unsafe', {
    message: `The archive path “${path}” ${why}.`,
    hint,
    context: { path },
  })
}
