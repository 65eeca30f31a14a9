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

/** Writes a file's content; throws `path_unknown` for what is not there or has no content. */
export function catFile(ctx: ServiceContext, input: CatInput, sink: Writable): Promise<{ bytes: number }> {
  requireRight(ctx, 'view-content')
  const { repository, workspaceId } = requireArchive(ctx.catalogDb(), input.archiveId)
  return withRepository(repository.location, async (open) => {
    const index = await open.index()
    const done = await writeContent(
      await open.reader(input.archiveId),
      input.path,
      {
        offsetBytes: input.offset,
        lengthBytes: input.length,
        rawBytesOf: (id) => index.get(id)?.rawBytes ?? null,
        ...(input.signal ? { signal: input.signal } : {}),
      },
      sink,
    )
    record(ctx, 'content.read', { kind: 'archive', id: input.archiveId, workspaceId }, { path: input.path, bytes: done.bytes })
    return { bytes: done.bytes }
  })
}
