import { AppError } from '#lib/base/errors.ts'
import { comparePaths } from '#lib/base/path-text.ts'
import type { Entry } from '../entry.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { isWithin, parentOf, safeRawPath } from './safe-path.ts'

/** For a path that a person named. */
const NAMED_HINT = 'Nothing was written. Paths are the archive’s own, as `orchive ls` shows them.'

/** The part of an archive that a restore is about. Paths are sorted and none covers another. */
export class ChosenPaths {
  /** Empty = everything. */
  readonly paths: string[]
  private readonly wanted: Set<string>

  constructor(paths: string[]) {
    const cleaned = paths.map((path) => path.replace(/\/+$/, ''))
    for (const path of cleaned) safeRawPath(path, NAMED_HINT)
    const all = new Set(cleaned)
    const isCovered = (path: string) => foldersAbove(path).some((folder) => all.has(folder))
    this.paths = [...all].filter((path) => !isCovered(path)).sort(comparePaths)
    this.wanted = new Set(this.paths)
  }

  get everything(): boolean {
    return this.paths.length === 0
  }

  /** True when the path is chosen, itself or by a folder above it. */
  covers(path: string): boolean {
    if (this.everything) return true
    for (let at: string | null = path; at !== null; at = parentOf(at)) if (this.wanted.has(at)) return true
    return false
  }

  /** True when somebody named exactly this path. */
  names(path: string): boolean {
    return this.wanted.has(path)
  }

  /** True when somebody named a path at or below this one. */
  namesWithin(folder: string): boolean {
    return this.paths.some((path) => isWithin(path, folder))
  }

  /** Throws `path_unknown` for the first chosen path that was not found. */
  requireFound(found: ReadonlySet<string>, archiveId: string): void {
    for (const path of this.paths) {
      if (found.has(path)) continue
      throw new AppError('path_unknown', {
        message: `The archive ${archiveId} has no “${path}”.`,
        hint: `See what it holds with \`orchive ls ${archiveId} --recursive\`.`,
        context: { path, archiveId },
      })
    }
  }
}

/** The entry with exactly this path; null when the archive has none. Reads one or two sections. */
export async function findEntry(reader: ArchiveReader, path: string): Promise<Entry | null> {
  for await (const entry of reader.entriesAt([path])) return entry
  return null
}

/** Folders above the path, outermost first. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = []
  for (let at = parentOf(path); at !== null; at = parentOf(at)) folders.unshift(at)
  return folders
}
