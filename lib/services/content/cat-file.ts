import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Entry } from '#lib/engine/entry.ts'
import type { ArchiveReader } from '#lib/engine/repository/repository.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'

export interface CatInput {
  archiveId: ArchiveId
  path: string
  offset: number
  /** Null = to the end. */
  length: number | null
  signal?: AbortSignal
}

/** Writes a file's content; throws `path_unknown` for what is not there or has no content. */
export function catFile(ctx: ServiceContext, input: CatInput, sink: Writable): Promise<{ bytes: number }> {
  requireRight(ctx, 'view-content')
  const { repository, workspaceId } = requireArchive(ctx.catalogDb(), input.archiveId)
  return withRepository(repository.location, async (open) => {
    const reader = await open.reader(input.archiveId)
    const entry = await contentEntry(reader, input.path)
    record(ctx, 'content.read', { kind: 'archive', id: input.archiveId, workspaceId }, { path: input.path })
    return { bytes: await writeRange(reader, entry, input, sink) }
  })
}

/** The file at a path; a hard link leads to the file it shares its content with. */
async function contentEntry(reader: ArchiveReader, path: string): Promise<Entry> {
  for await (const entry of reader.entries([path])) {
    if (entry.path !== path) break
    if (entry.type === 'file') return entry
    if (entry.type === 'hardlink' && entry.linkTarget !== null) return contentEntry(reader, entry.linkTarget)
    const what = entry.type === 'dir' ? 'a folder' : `a symbolic link to ${entry.linkTarget}`
    throw new AppError('path_unknown', { message: `${path} is ${what}; it has no content.`, hint: 'See `orchive ls ARCHIVE PATH`.' })
  }
  throw new AppError('path_unknown', {
    message: `${reader.manifest.id} has no file ${path}.`,
    hint: `See \`orchive ls ${reader.manifest.id}\`.`,
    context: { path },
  })
}

async function writeRange(reader: ArchiveReader, entry: Entry, range: CatInput, sink: Writable): Promise<number> {
  const end = Math.min(entry.sizeBytes, range.length === null ? Number.POSITIVE_INFINITY : range.offset + range.length)
  let at = 0
  let written = 0
  for (const id of entry.frames.slice(1)) {
    if (at >= end) break
    range.signal?.throwIfAborted()
    // Segments before the range still have to be decompressed to know their length; a window near the front costs little.
    const segment = await reader.frame(id)
    const from = Math.max(0, range.offset - at)
    const part = segment.subarray(Math.min(from, segment.length), Math.min(segment.length, end - at))
    if (part.length > 0 && !sink.write(part)) await once(sink, 'drain')
    written += part.length
    at += segment.length
  }
  return written
}
