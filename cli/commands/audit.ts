import { once } from 'node:events'
import { AppError } from '#lib/base/errors.ts'
import type { AuditFilter, AuditMirror } from '#lib/contracts/audit.ts'
import type { AuditFormat } from '#lib/contracts/audit-formats.ts'
import { mirrorAudit } from '#lib/services/audit/mirror.ts'
import { checkAudit, exportAudit, readAudit } from '#lib/services/audit/read-audit.ts'
import { copyConsoleIfDue } from '#lib/services/home/console-copies.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { EXIT } from '../exit-codes.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'

interface FilterOptions {
  by?: string
  action?: string
  kind?: string
  object?: string
  workspace?: string
  from?: string
  to?: string
}

/** `audit list` */
export function list({ ctx, out }: Run, _: string[], options: FilterOptions & { limit?: string }): void {
  const limit = Number(options.limit ?? 50)
  if (!Number.isInteger(limit) || limit < 1 || limit > 500)
    throw new AppError('invalid_input', {
      message: `--limit ${options.limit} is no number from 1 to 500.`,
      hint: '`audit export` gives all lines.',
    })
  const { rows } = readAudit(ctx, { ...filterOf({ ctx }, options), limit })
  if (out.isJson) return out.document(rows)
  if (rows.length === 0) return out.line('No line of the log fits.')
  out.table(
    ['#', 'AT (UTC)', 'WHO', 'FROM', 'DID', 'TO'],
    rows.map((row) => [
      String(row.seq),
      shortTime(row.at),
      `${row.actor} (${row.role})`,
      row.address ? `${row.via}, ${row.address}` : row.via,
      row.action,
      row.objectId ?? row.objectKind,
    ]),
  )
}

/** `audit verify` */
export async function verify({ ctx, out }: Run): Promise<number> {
  const found = await checkAudit(ctx)
  if (out.isJson) out.document(found)
  else if (found.brokenAt === null) out.line(`The chain is whole: ${found.rows} lines, the newest is ${found.head}.`)
  else
    out.line(
      `The chain breaks at line ${found.brokenAt}: it, or one before it, was changed, taken out or put in. ${found.rows} lines before it fit.`,
    )
  if (!found.isGuarded && !out.isJson)
    out.warn('warning', 'The database does not refuse changes of the log any more: somebody took its guards away.')
  if (!out.isJson) tellMirrors(out, found.mirrors)
  return found.ok && found.isGuarded ? EXIT.ok : EXIT.failed
}

/** `audit mirror` */
export async function mirror({ ctx, out }: Run): Promise<number> {
  const mirrors = await mirrorAudit(ctx)
  // Whatever is worth a line in the log may be worth keeping: the database goes with it, once an hour at most.
  await copyConsoleIfDue(ctx)
  if (out.isJson) out.document(mirrors)
  else if (mirrors.length === 0) out.line('There is no repository yet to copy the log to.')
  else tellMirrors(out, mirrors)
  return mirrors.every(({ problem }) => problem === null) ? EXIT.ok : EXIT.failed
}

function tellMirrors(out: Run['out'], mirrors: readonly AuditMirror[]): void {
  for (const { repository, upTo, behind, problem } of mirrors) {
    if (problem !== null) out.warn('warning', `The copy in ${repository}: ${problem}`)
    else out.line(`The copy in ${repository} holds the lines up to ${upTo}${behind === 0 ? '' : `, ${behind} are not copied yet`}.`)
  }
}

/** `audit export` */
export async function exportLog({ ctx }: Run, _: string[], options: FilterOptions & { format?: AuditFormat }): Promise<void> {
  for (const piece of exportAudit(ctx, filterOf({ ctx }, options), options.format ?? 'csv'))
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain')
}

function filterOf({ ctx }: Pick<Run, 'ctx'>, { by, action, kind, object, workspace, from, to }: FilterOptions): AuditFilter {
  return {
    actor: by,
    action,
    objectKind: kind,
    objectId: object,
    workspaceId: workspace === undefined ? undefined : pickWorkspace(ctx, workspace).id,
    from: timeOf('--from', from),
    to: timeOf('--to', to),
  }
}

function timeOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  if (Number.isNaN(ms))
    throw new AppError('invalid_input', { message: `${option} ${text} is no time.`, hint: 'Write it like 2026-11-24T02:00Z.' })
  return new Date(ms).toISOString()
}
