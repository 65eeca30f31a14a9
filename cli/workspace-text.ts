import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { WorkspaceDetail } from '#lib/contracts/workspace.ts'
import type { Output } from './output.ts'
import { table } from './table.ts'

/** A workspace for people: its items, what is wrong with them, what changed in its config, and what else could be backed up. */
export function printWorkspace(out: Output, workspace: WorkspaceDetail, print: (text?: string) => void): void {
  const { color } = out
  print(`${color.bold(workspace.name)}  ${workspace.root}`)
  print(`config  ${workspace.configPath}`)
  print()
  const head = ['ITEM', 'IMPORTANCE', 'KIND', 'FILES', 'SIZE', 'PATH']
  const rows = workspace.items.map((item) => [
    item.label,
    item.importance,
    item.kind === 'missing' ? color.yellow('missing') : item.kind === 'not-covered' ? color.yellow('not covered') : item.kind,
    formatCount(item.files),
    formatBytes(item.sizeBytes),
    item.path ?? item.configured ?? '-',
  ])
  for (const [i, row] of table([head, ...rows], [3, 4]).entries()) print(i === 0 ? color.dim(row) : row)
  if (workspace.offers.length > 0) {
    print()
    print('Not backed up, but these keys look like paths (add one with --item key=KEY):')
    for (const row of table(workspace.offers.map(({ key, path, exists }) => [`  ${key}`, path, exists ? '' : 'missing']))) print(row)
  }
  for (const { severity, message } of [...workspace.problems, ...workspace.items.flatMap((item) => item.problems)])
    out.warn(severity === 'info' ? 'note' : severity === 'error' ? 'failed' : 'warning', message)
  for (const { key, before, after } of workspace.configChanges)
    out.warn(
      'note',
      `${key} changed since the last archive: ${before ?? '(not set)'} → ${after ?? '(not set)'}; the next archive follows it.`,
    )
}
