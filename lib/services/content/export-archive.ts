import type { Writable } from 'node:stream'
import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { ArchiveReader } from '#lib/engine/repository/repository.ts'
import { type ExportFormat, exportTar } from '#lib/engine/tar/export-stream.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'

export interface ExportInput {
  archiveId: ArchiveId
  format: ExportFormat
  paths: string[]
  signal: AbortSignal
}

/** Writes an archive, or some paths of it, as a plain tar stream. */
export function exportArchive(ctx: ServiceContext, input: ExportInput, sink: Writable): Promise<{ bytes: number; entries: number }> {
  requireRight(ctx, 'view-content')
  const { repository, workspaceId } = requireArchive(ctx.catalogDb(), input.archiveId)
  return withRepository(ctx, ctx.readFrom ?? repository.location, async (open) => {
    const reader = await open.reader(input.archiveId)
    record(ctx, 'content.export', { kind: 'archive', id: input.archiveId, workspaceId }, { format: input.format, paths: input.paths })
    const manifestJson = input.paths.length === 0 ? await manifestJsonOf(reader) : null
    return exportTar(reader, { format: input.format, paths: input.paths, manifestJson, signal: input.signal }, sink)
  })
}

/** What `.orchive/manifest.json` says: where things came from, and the checksum of every file. */
async function manifestJsonOf(reader: ArchiveReader): Promise<Buffer> {
  const {
    id,
    workspaceName,
    series: _series,
    seriesNumber: _number,
    parentId: _parent,
    sections: _sections,
    version: _version,
    ...facts
  } = reader.manifest satisfies Manifest
  const parts = [JSON.stringify({ id, workspace: workspaceName, ...facts }, null, 2).slice(0, -2), ',\n  "checksums": {']
  let first = true
  for await (const entry of reader.entries()) {
    if (entry.sha256 === null) continue
    parts.push(`${first ? '' : ','}\n    ${JSON.stringify(entry.path)}: "${entry.sha256}"`)
    first = false
  }
  return Buffer.from(`${parts.join('')}\n  }\n}\n`)
}
