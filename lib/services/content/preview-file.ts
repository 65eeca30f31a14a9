import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Preview } from '#lib/contracts/archive.ts'
import { findEntry } from '#lib/engine/restore/chosen-paths.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { gatherFile } from './gather-file.ts'
import { maskSecrets } from './mask-secrets.ts'
import { textWindow, WINDOW_BYTES } from './text-window.ts'

/** How far back is looked for the name of a secret whose value the window starts in. */
const CONTEXT_BYTES = 64 * 1024

/** A window of a text file with its secrets masked; of a binary one only what it is. For job processes. */
export function previewFile(ctx: ServiceContext, input: { archiveId: ArchiveId; path: string; offset: number }): Promise<Preview> {
  requireRight(ctx, 'view-content')
  const { archiveId, path, offset } = input
  const { repository, workspaceId } = requireArchive(ctx.catalogDb(), archiveId)
  return withRepository(ctx, repository.location, async (open) => {
    const reader = await open.reader(archiveId)
    const entry = await findEntry(reader, path)
    if (entry === null || entry.type === 'dir') {
      throw new AppError('path_unknown', {
        message: `${archiveId} has no file ${path}.`,
        hint: 'Paths are the archive’s own, as `orchive ls` shows them.',
      })
    }
    record(ctx, 'content.read', { kind: 'archive', id: archiveId, workspaceId }, { path, offset, isPreview: true })
    const base = { path, offsetBytes: offset, nextOffsetBytes: null, maskedSecrets: 0 }
    if (entry.type === 'symlink') return { ...base, kind: 'link', text: entry.linkTarget, sizeBytes: 0, sha256: null }
    const from = Math.max(0, offset - CONTEXT_BYTES)
    const { bytes, entry: file } = await gatherFile(reader, path, { offsetBytes: from, lengthBytes: offset - from + WINDOW_BYTES })
    const { sizeBytes, sha256 } = file
    return { ...base, sizeBytes, sha256, ...shown(bytes, offset - from, { path, offset, sizeBytes }) }
  })
}

type Shown = Pick<Preview, 'kind' | 'text' | 'maskedSecrets' | 'nextOffsetBytes'>

/** What the bytes from `start` on are, as text; those before are context. */
function shown(bytes: Buffer, start: number, file: { path: string; offset: number; sizeBytes: number }): Shown {
  const window = textWindow(bytes.subarray(Math.min(start, bytes.length)), file.offset, file.sizeBytes)
  if (window.text === null) return { kind: 'binary', text: null, maskedSecrets: 0, nextOffsetBytes: null }
  const context = bytes.subarray(0, Math.min(start, bytes.length)).toString('utf8')
  const { text, masked } = maskSecrets(context + window.text, context.length)
  const kind = /\.jsonl?$/i.test(file.path) ? 'json' : 'text'
  return { kind, text, maskedSecrets: masked, nextOffsetBytes: window.nextOffsetBytes }
}
