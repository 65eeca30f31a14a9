import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { errnoOf } from '#lib/base/errors.ts'
import { folderOfRaw, fsPath, joinRaw, nameOfRaw, type RawPath, rawOfBytes, rawOfString, textOfRaw } from '../raw-path.ts'

/** What lies at a path: `special` is a device, socket or FIFO, `unreadable` may or may not exist. */
export interface LookedAt {
  type: 'file' | 'folder' | 'special' | 'missing' | 'unreadable'
  /** Absolute with every symlink resolved, as far as it exists. */
  rawPath: RawPath
  /** Where the path itself leads when it is a symlink, text form. */
  linkTarget: string | null
  sizeBytes: number
  /** In words, for `special`, `missing` and `unreadable`: "does not exist". */
  reason: string
}

/** Looks at one absolute path without opening it. */
export function lookAtPath(path: string): LookedAt {
  const raw = rawOfString(path)
  let linkTarget: string | null = null
  try {
    if (lstatSync(path).isSymbolicLink()) linkTarget = textOfRaw(rawOfBytes(readlinkSync(path, { encoding: 'buffer' })))
    const real = rawOfBytes(realpathSync.native(path, { encoding: 'buffer' }))
    const stat = statSync(fsPath(real))
    const base = { rawPath: real, linkTarget, sizeBytes: stat.size, reason: '' }
    if (stat.isFile()) return { ...base, type: 'file' }
    if (stat.isDirectory()) return { ...base, type: 'folder' }
    const reason = stat.isFIFO() ? 'is a FIFO' : stat.isSocket() ? 'is a socket' : 'is a device'
    return { ...base, type: 'special', reason }
  } catch (error) {
    const errno = errnoOf(error) ?? 'unknown reason'
    const base = { rawPath: canonicalPath(raw), linkTarget, sizeBytes: 0 }
    if (errno === 'ENOENT' || errno === 'ENOTDIR') {
      const reason = linkTarget === null ? 'does not exist' : `is a symbolic link to ${linkTarget}, which does not exist`
      return { ...base, type: 'missing', reason }
    }
    const reason = errno === 'ELOOP' ? 'is a symbolic link that leads back to itself' : `cannot be read (${errno})`
    return { ...base, type: 'unreadable', reason }
  }
}

/** An absolute path with the symlinks of its existing part resolved; what does not exist yet stays as it is. */
export function canonicalPath(path: RawPath): RawPath {
  let existing = path
  let rest = ''
  for (;;) {
    try {
      const real = rawOfBytes(realpathSync.native(fsPath(existing === '' ? '/' : existing), { encoding: 'buffer' }))
      return rest === '' ? real : joinRaw(real, rest)
    } catch {
      if (existing === '') return path
      rest = rest === '' ? nameOfRaw(existing) : `${nameOfRaw(existing)}/${rest}`
      existing = folderOfRaw(existing)
    }
  }
}
