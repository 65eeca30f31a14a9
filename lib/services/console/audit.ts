import type { AuditCheck, AuditFilter, AuditMirror } from '#lib/contracts/audit.ts'
import type { AuditFormat } from '#lib/contracts/audit-formats.ts'
import { outputOf, pipeVerb, runVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { programOf } from './verbs.ts'

/** Copies what is new in the log beside the archives. */
export async function mirrorAuditInChild(ctx: ServiceContext): Promise<AuditMirror[]> {
  return (await runVerb(programOf(ctx), ['audit', 'mirror'])) as AuditMirror[]
}

/** Walks the whole chain. */
export function checkAuditInChild(ctx: ServiceContext, signal?: AbortSignal): Promise<AuditCheck> {
  requireRight(ctx, 'settings')
  return runVerb(programOf(ctx), ['audit', 'verify'], { signal }) as Promise<AuditCheck>
}

/** The log as text, piped from a child. */
export async function startAuditExport(
  ctx: ServiceContext,
  filter: AuditFilter,
  format: AuditFormat,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  requireRight(ctx, 'settings')
  const given = Object.entries(filter).filter(([, value]) => value !== undefined)
  const flags = given.map(([name, value]) => `--${FLAGS[name as keyof AuditFilter]}=${value}`)
  const verb = pipeVerb(programOf(ctx), ['audit', 'export', `--format=${format}`, ...flags], { signal })
  return await outputOf(verb)
}

/** How the command line names the filters. */
const FLAGS: Record<keyof AuditFilter, string> = {
  actor: 'by',
  action: 'action',
  objectKind: 'kind',
  objectId: 'object',
  workspaceId: 'workspace',
  from: 'from',
  to: 'to',
}
