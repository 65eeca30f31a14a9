import type { Writable } from 'node:stream'
import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { catFile as writeContent } from '#lib/engine/verify/cat-file.ts'
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

/** Writes a file's content, or a window of it; throws `path_unknown` for what is not there or has no content. */
export function catFile(ctx: ServiceContext, input: CatInput, sink: Writable): Promise<{ bytes: number }> {
  requireRight(ctx, 'view-content')
  const { archiveId, path } = input
  const { repository, workspaceId } = requireArchive(ctx.catalogDb(), archiveId)
  return withRepository(ctx, ctx.readFrom ?? repository.location, async (open) => {
    const reader = await open.reader(archiveId)
    const window = { offsetBytes: input.offset, lengthBytes: input.length }
    const { bytes } = await writeContent(reader, path, { ...window, ...(input.signal ? { signal: input.signal } : {}) }, sink)
    record(ctx, 'content.read', { kind: 'archive', id: archiveId, workspaceId }, { path, bytes })
    return { bytes }
  })
}
