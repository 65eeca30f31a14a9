import { auditExportResponse } from '#lib/server/audit-export.ts'

export const GET = auditExportResponse
