import 'server-only'
import { Readable } from 'node:stream'
import { AuditExportInput } from '#lib/contracts/other-endpoints.ts'
import { startAuditExport } from '#lib/services/console/audit.ts'
import { requireActor } from './actor.ts'
import { contextAbout } from './context-about.ts'
import { errorResponse, readInput } from './request.ts'

const TYPES = { csv: 'text/csv; charset=utf-8', json: 'application/x-ndjson; charset=utf-8' }

/** The audit log as a file. */
export async function auditExportResponse(request: Request, context: { params: Promise<Record<string, string>> }): Promise<Response> {
  try {
    const actor = await requireActor(request)
    const { format, ...filter } = await readInput(AuditExportInput, request, context)
    const text = await startAuditExport(contextAbout(actor, filter), filter, format, request.signal)
    return new Response(Readable.toWeb(text) as ReadableStream<Uint8Array>, {
      headers: {
        'Content-Type': TYPES[format],
        'Content-Disposition': `attachment; filename="audit.${format === 'csv' ? 'csv' : 'ndjson'}"`,
        'Cache-Control': 'no-store',
      },
    })
  } catch (error) {
    return errorResponse(error)
  }
}
