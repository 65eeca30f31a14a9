import { AuditExportInput } from '#lib/contracts/other-endpoints.ts'
import { startAuditExport } from '#lib/services/console/audit.ts'
import { requireActor } from './actor.ts'
import { contextAbout } from './context-about.ts'
import { type RouteContext, readInput } from './request.ts'
import type { StreamedAnswer } from './streamed-answer.ts'

const TYPES = { csv: 'text/csv; charset=utf-8', json: 'application/x-ndjson; charset=utf-8' }

/** The audit log as a file. */
export async function auditExport(request: Request, context: RouteContext): Promise<StreamedAnswer> {
  const actor = await requireActor(request)
  const { format, ...filter } = await readInput(AuditExportInput, request, context)
  const bytes = await startAuditExport(contextAbout(actor, filter), filter, format, request.signal)
  const headers = {
    'Content-Type': TYPES[format],
    'Content-Disposition': `attachment; filename="audit.${format === 'csv' ? 'csv' : 'ndjson'}"`,
    'Cache-Control': 'no-store',
  }
  return { headers, bytes }
}
