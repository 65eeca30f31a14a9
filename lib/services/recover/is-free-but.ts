import { existsSync, lstatSync, opendirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '#lib/base/errors.ts'

/** Folders so deep in one another that nothing of ours left them. */
const DEEPEST = 32

/**
 * Whether a folder is absent, or holds nothing but one file with one of these contents and empty folders: what a run leaves that was cut off before it swapped
 * anything in. It stops at the first thing that is something else.
 */
export function isFreeBut(folder: string, file: string, contents: readonly Buffer[]): boolean {
  if (!existsSync(folder)) return true
  try {
    return isBare(folder, file, contents, 0)
  } catch (error) {
    // No folder at all, or a name that is none in UTF-8.
    if (errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

function isBare(folder: string, file: string, contents: readonly Buffer[], depth: number): boolean {
  if (depth > DEEPEST) return false
  const entries = opendirSync(folder)
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      const path = join(folder, entry.name)
      const isLeft = entry.isDirectory() ? isBare(path, file, contents, depth + 1) : path === file && holdsOneOf(path, contents)
      if (!isLeft) return false
    }
  } finally {
    entries.closeSync()
  }
  return true
}

/** Whether a file is there that holds one of these contents. */
export function holdsOneOf(path: string, contents: readonly Buffer[]): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  // Of a large file only the size is looked at.
  if (!stat?.isFile() || stat.nlink > 1 || !contents.some(({ length }) => length === stat.size)) return false
  const held = readFileSync(path)
  return contents.some((content) => content.equals(held))
}
