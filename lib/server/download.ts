import 'server-only'
import { Readable } from 'node:stream'
import { create as contentDisposition } from 'content-disposition'
import { DownloadInput } from '#lib/contracts/other-endpoints.ts'
import { startDownload } from '#lib/services/console/download.ts'
import { requireActor } from './actor.ts'
import { contextAbout } from './context-about.ts'
import { errorResponse, readInput } from './request.ts'

/** A file as it is; a folder, or the whole archive, as tar. Piped from a child, so that memory stays flat however slow the reader is. */
export async function downloadResponse(request: Request, context: { params: Promise<Record<string, string>> }): Promise<Response> {
  try {
    const actor = await requireActor(request)
    const input = await readInput(DownloadInput, request, context)
    const ctx = contextAbout(actor, input)
    const download = await startDownload(ctx, {
      archiveId: input.archive,
      path: input.path || null,
      format: input.format,
      signal: request.signal,
    })
    return new Response(Readable.toWeb(download.stdout) as ReadableStream<Uint8Array>, {
      headers: {
        'Content-Type': 'application/octet-stream',
        'Content-Disposition': contentDisposition(download.fileName),
        'Cache-Control': 'no-store',
        'Content-Security-Policy': "default-src 'none'; sandbox",
        ...(download.sizeBytes === null ? {} : { 'Content-Length': String(download.sizeBytes) }),
      },
    })
  } catch (error) {
    return errorResponse(error)
  }
}
