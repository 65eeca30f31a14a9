import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { hashDescriptor } from '../hash-descriptor.ts'
import { type RawPath, textOfRaw } from '../raw-path.ts'
import { fsPathAt } from './open-folders.ts'
import type { LiveStat } from './restore-types.ts'

const READ_BYTES = 1024 * 1024

/** SHA-256 of live files, each read once as long as its inode, size and times stand. */
export class LiveHashes {
  private readonly known = new Map<RawPath, { stamp: string; sha256: string | null }>()
  private readonly signal: AbortSignal | undefined
  private buffer: Buffer | null = null

  constructor(signal?: AbortSignal) {
    this.signal = signal
  }

  /** Null when the file cannot be read or is no regular file by now. */
  hash(place: { folderFd: number; name: RawPath; path: RawPath }, live: LiveStat): string | null {
    const stamp = `${live.dev}:${live.ino}:${live.sizeBytes}:${live.mtimeNs}:${live.ctimeNs}`
    const known = this.known.get(place.path)
    if (known?.stamp === stamp) return known.sha256
    const sha256 = this.read(place)
    this.known.set(place.path, { stamp, sha256 })
    return sha256
  }

  private read(place: { folderFd: number; name: RawPath; path: RawPath }): string | null {
    let fd: number
    try {
      fd = openSync(fsPathAt(place.folderFd, place.name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    } catch {
      return null
    }
    try {
      if (!fstatSync(fd).isFile()) return null
      return hashDescriptor(fd, (this.buffer ??= Buffer.allocUnsafe(READ_BYTES)), this.signal).sha256
    } catch (error) {
      if (errnoOf(error) === null) throw error
      throw new AppError('io_failed', {
        message: `${textOfRaw(place.path)} cannot be read (${errnoOf(error)}).`,
        hint: 'Check the disk.',
        cause: error,
      })
    } finally {
      closeSync(fd)
    }
  }
}
