import { auditExport } from '#lib/server/audit-export.ts'
import { streamedInNext } from '#lib/server/streamed-answer.ts'

export const GET = streamedInNext(auditExport)
