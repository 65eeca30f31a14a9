import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { getEntry } from '#db/catalog/queries/list-folder.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { outputOf, pipeVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { programOf } from './verbs.ts'

export interface Download {
  /** Throws at its end when the child failed: what came before is not all of it. */
  bytes: AsyncIterable<Buffer>
  fileName: string
  /** Null for tars: their size is known only at the end. */
  sizeBytes: number | null
}

/** Starts the child that a download is piped from; throws before the first byte when there is nothing to send. */
export async function startDownload(
  ctx: ServiceContext,
  input: { archiveId: ArchiveId; path: string | null; format: 'tar' | 'tar.zst' | 'tar.gz'; signal: AbortSignal },
): Promise<Download> {
  requireRight(ctx, 'view-content')
  const { archiveId, path, format } = input
  const archive = requireArchive(ctx.catalogDb(), archiveId)
  const entry = path === null ? null : getEntry(ctx.catalogDb(), archiveId, path)
  if (path !== null && entry === null)
    throw new AppError('path_unknown', {
      message: `${archiveId} has nothing at ${path}.`,
      hint: 'Paths are the archive’s own, as its list of files shows them.',
    })
  if (entry?.type === 'symlink')
    throw new AppError('path_unknown', {
      message: `${path} is a symbolic link to ${entry.linkTarget}; it has no content.`,
      hint: 'Download the folder it is in.',
    })
  const isFile = entry !== null && entry.type !== 'dir'
  const argv = isFile
    ? ['cat', '--', archiveId, path!]
    : ['export', `--format=${format}`, '--', archiveId, ...(path === null ? [] : [path])]
  const verb = pipeVerb(programOf(ctx), argv, { signal: input.signal, isYielding: true })
  const bytes = await outputOf(verb)
  const base = path === null ? `${archive.id}-${new Date(archive.createdAtMs).toISOString().slice(0, 10)}` : path.split('/').at(-1)!
  return { bytes, fileName: isFile ? base : `${base}.${format}`, sizeBytes: entry?.type === 'file' ? entry.sizeBytes : null }
}
