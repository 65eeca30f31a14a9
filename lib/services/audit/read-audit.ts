import { auditFacets, isAuditGuarded, listAudit, verifyAuditChain } from '#db/console/tables/audit.ts'
import type { AuditCheck, AuditFilter, AuditLine, AuditPage } from '#lib/contracts/audit.ts'
import type { AuditFormat } from '#lib/contracts/audit-formats.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { CSV_HEAD, csvLine } from './audit-csv.ts'
import { checkMirrors } from './mirror.ts'
import { record } from './record.ts'

type Paged = AuditFilter & { cursor?: string | undefined; limit?: number | undefined }

/** A page of the log, newest first. */
export function readAudit(ctx: ServiceContext, { cursor, limit, ...filter }: Paged): AuditPage {
  requireRight(ctx, 'settings')
  const page = listAudit(ctx.consoleDb, filter, { cursor: cursor ?? null, ...(limit === undefined ? {} : { limit }) })
  return { ...page, facets: auditFacets(ctx.consoleDb) }
}

/** Walks the whole chain, and holds it against its copies beside the archives; for child processes, since that takes as long as the log is. */
export async function checkAudit(ctx: ServiceContext): Promise<AuditCheck> {
  requireRight(ctx, 'settings')
  const chain = verifyAuditChain(ctx.consoleDb)
  const mirrors = await checkMirrors(ctx)
  const ok = chain.ok && mirrors.every(({ problem }) => problem === null)
  return { ...chain, ok, isGuarded: isAuditGuarded(ctx.consoleDb), mirrors }
}

const EXPORT_PAGE = 500

/** The log as text, newest first, piece by piece: CSV with a head, or one JSON document a line. That it was taken out is in the log, too. */
export function* exportAudit(ctx: ServiceContext, filter: AuditFilter, format: AuditFormat): Generator<string> {
  requireRight(ctx, 'settings')
  record(ctx, 'audit.export', { kind: 'audit', id: null }, { format, ...filter })
  const textOf = (line: AuditLine) => (format === 'csv' ? csvLine(line) : `${JSON.stringify(line)}\n`)
  if (format === 'csv') yield CSV_HEAD
  for (let cursor: string | null = null; ; ) {
    const page = listAudit(ctx.consoleDb, filter, { cursor, limit: EXPORT_PAGE })
    yield page.rows.map(textOf).join('')
    cursor = page.nextCursor
    if (cursor === null) return
  }
}
