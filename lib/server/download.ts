import { create as contentDisposition } from 'content-disposition'
import { DownloadInput } from '#lib/contracts/other-endpoints.ts'
import { startDownload } from '#lib/services/console/download.ts'
import { requireActor } from './actor.ts'
import { contextAbout } from './context-about.ts'
import { type RouteContext, readInput } from './request.ts'
import type { StreamedAnswer } from './streamed-answer.ts'

/** A file as it is; a folder, or the whole archive, as tar. Piped from a child, so that memory stays flat however slow the reader is. */
export async function download(request: Request, context: RouteContext): Promise<StreamedAnswer> {
  const actor = await requireActor(request)
  const input = await readInput(DownloadInput, request, context)
  const ctx = contextAbout(actor, input)
  const { bytes, fileName, sizeBytes } = await startDownload(ctx, {
    archiveId: input.archive,
    path: input.path || null,
    format: input.format,
    signal: request.signal,
  })
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': contentDisposition(fileName),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ...(sizeBytes === null ? {} : { 'Content-Length': String(sizeBytes) }),
  }
  return { headers, bytes }
}
