import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { AppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry } from '../entry.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { findEntry } from '../restore/chosen-paths.ts'

export interface CatFileOptions {
  /** First byte; default the first of the file. */
  offsetBytes?: number
  /** Null or absent = to the end. */
  lengthBytes?: number | null
  signal?: AbortSignal
}

/** Writes a range of a file's content, each frame checked against its id; `path_unknown` for what is not there or has no content. */
export async function catFile(
  reader: ArchiveReader,
  path: string,
  options: CatFileOptions,
  sink: Writable,
): Promise<{ entry: Entry; bytes: number }> {
  const entry = await fileAt(reader, path)
  const start = Math.max(0, options.offsetBytes ?? 0)
  const end = Math.min(entry.sizeBytes, start + (options.lengthBytes ?? Number.POSITIVE_INFINITY))
  let at = 0
  let bytes = 0
  const frames = entry.frames.slice(1)
  await reader.locate(frames)
  for (const id of frames) {
    if (at >= end) break
    throwIfCancelled(options.signal)
    // Frames before the range are not read at all.
    const known = at < start ? await reader.rawBytesOf(id) : null
    if (known !== null && at + known <= start) {
      at += known
      continue
    }
    const segment = await reader.frame(id)
    const part = segment.subarray(Math.max(0, Math.min(start - at, segment.length)), Math.min(segment.length, end - at))
    if (part.length > 0 && !sink.write(part)) await once(sink, 'drain')
    bytes += part.length
    at += segment.length
  }
  return { entry, bytes }
}

/** The file at a path; a hard link leads to the file it shares its content with. */
async function fileAt(reader: ArchiveReader, path: string): Promise<Entry> {
  const entry = await findEntry(reader, path)
  if (entry?.type === 'file') return entry
  if (entry?.type === 'hardlink') {
    const target = await findEntry(reader, entry.linkTarget!)
    if (target?.type === 'file') return target
  }
  const { id } = reader.manifest
  const what = entry?.type === 'dir' ? 'a folder' : `a link to ${entry?.linkTarget}`
  throw new AppError('path_unknown', {
    message: entry === null ? `The archive ${id} has no “${path}”.` : `“${path}” is ${what}; it has no content of its own.`,
    hint: `See what the archive holds with \`orchive ls ${id} --recursive\`.`,
    context: { path, archiveId: id },
  })
}
