import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** A file system as it is now; sizes null = it does not say. */
export interface SeenFileSystem {
  device: string
  /** The highest folder on it above what was asked for. */
  mountPath: string
  totalBytes: number | null
  freeBytes: number | null
}

/** The file system that a path, or the nearest folder above it that exists, lies on; null = none can be seen. */
export function fileSystemOf(path: string | Buffer): SeenFileSystem | null {
  const text = path.toString()
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return text === '/' || text === '.' ? null : fileSystemOf(dirname(text))
  return { device: String(stat.dev), mountPath: mountOf(text, stat.dev), ...spaceOf(path) }
}

/** Total and free bytes for this user. */
export function spaceOf(path: string | Buffer): { totalBytes: number | null; freeBytes: number | null } {
  try {
    const stats = statfsSync(path)
    return { totalBytes: stats.blocks * stats.bsize, freeBytes: stats.bavail * stats.bsize }
  } catch {
    return { totalBytes: null, freeBytes: null }
  }
}

function mountOf(path: string, dev: number): string {
  let mount = path
  for (let above = dirname(mount); above !== mount && statSync(above, { throwIfNoEntry: false })?.dev === dev; above = dirname(mount))
    mount = above
  return mount
}
