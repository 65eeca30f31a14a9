import { commandText } from '#lib/base/command-text.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { Risk } from '#lib/contracts/overview.ts'
import { countRisk } from '#lib/services/overview/count-risk.ts'
import { namedWorkspace, prepareCatalog } from '../named.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'

/** `status [W]` */
export async function status(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  const workspace = namedWorkspace(run, args[0])
  await prepareCatalog(run)
  const risk = await countRisk(ctx, workspace)
  if (out.isJson) return out.document(risk)
  out.line(
    risk.sinceArchiveId === null ? `${workspace.name} has no archive yet; everything is at risk.` : `Changed since ${risk.sinceArchiveId}:`,
  )
  const rows = risk.items.map((item) => [
    item.label,
    `+${formatCount(item.added)}`,
    `~${formatCount(item.changed)}`,
    `−${formatCount(item.removed)}`,
    formatBytes(item.changedBytes),
  ])
  out.table(['ITEM', 'NEW', 'CHANGED', 'GONE', 'SIZE'], rows, [1, 2, 3, 4])
  if (risk.overdueSince) out.warn('warning', `A backup is overdue: the run of ${shortTime(risk.overdueSince)} (UTC) did not happen.`)
  for (const { message } of risk.state?.findings ?? []) out.warn('suspect', message)
  if (risk.state && risk.state.verdict !== 'fine') out.warn('suspect', adviceOn(risk.state, workspace.name))
  for (const { severity, message } of risk.problems) out.warn(severity === 'info' ? 'note' : 'warning', message)
}

function adviceOn({ since, fineAt }: NonNullable<Risk['state']>, workspace: string): string {
  const seen = since === null ? '' : `It is so since ${shortTime(since)}${fineAt === null ? '' : `; at ${shortTime(fineAt)} it was fine`}. `
  return `${seen}A backup taken now would be suspect. What to do: \`${commandText(['orchive', 'recover', 'state', workspace, '--dry-run'])}\`.`
}
