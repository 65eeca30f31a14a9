import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { fsPath, rawOfBytes, rawOfText } from '#lib/engine/raw-path.ts'
import { findEntry } from '#lib/engine/restore/chosen-paths.ts'
import { gatherFile } from '../content/gather-file.ts'
import type { Side } from './open-sides.ts'

/** A range of a side's file. */
export interface Content {
  bytes: Buffer
  /** Of the whole file. */
  sizeBytes: number
}

/** Up to `limitBytes` of a file from `offset` on; null when the side has no such file. Nothing is read through a symlink. */
export function contentOf(side: Side, path: string, offset: number, limitBytes: number): Promise<Content | null> {
  return side.kind === 'live' ? liveContent(side, path, offset, limitBytes) : archivedContent(side, path, offset, limitBytes)
}

async function archivedContent(
  side: Side & { kind: 'archive' },
  path: string,
  offset: number,
  limitBytes: number,
): Promise<Content | null> {
  const reader = side.repository.readerOf(side.manifest)
  const found = await findEntry(reader, path)
  if (found?.type !== 'file' && found?.type !== 'hardlink') return null
  const { bytes, entry } = await gatherFile(reader, path, { offsetBytes: offset, lengthBytes: limitBytes })
  return { bytes, sizeBytes: entry.sizeBytes }
}

async function liveContent(side: Side & { kind: 'live' }, path: string, offset: number, limitBytes: number): Promise<Content | null> {
  const place = livePlace(side, path)
  if (place === null) return null
  let fd: number
  try {
    fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) return null
    throw new AppError('io_failed', {
      message: `${path} cannot be read (${errnoOf(error)}).`,
      hint: 'Check its owner and mode.',
      cause: error,
    })
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return null
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(limitBytes, stat.size - offset)))
    let done = 0
    while (done < bytes.length) {
      const count = readSync(fd, bytes, done, bytes.length - done, offset + done)
      if (count === 0) break
      done += count
    }
    return { bytes: bytes.subarray(0, done), sizeBytes: stat.size }
  } finally {
    closeSync(fd)
  }
}

/** Where a path of the archive lies live; null when no item of now has it. */
function livePlace(side: Side & { kind: 'live' }, path: string): string | Buffer | null {
  const [top = ''] = path.split('/')
  const item = side.resolution.items.find(({ archiveName }) => archiveName === top)
  const below = rawOfText(path.slice(top.length))
  if (!item?.rawPath || below === null || below.split('/').includes('..')) return null
  return fsPath(rawOfBytes(item.rawPath) + below)
}
