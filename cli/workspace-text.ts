import { commandText } from '#lib/base/command-text.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { Runtime } from '#lib/contracts/runtime.ts'
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
  print()
  printRuntime(out, workspace.runtime, print)
  const problems = [...workspace.problems, ...workspace.items.flatMap((item) => item.problems), ...workspace.runtime.problems]
  for (const { severity, message } of withoutTwins(problems))
    out.warn(severity === 'info' ? 'note' : severity === 'error' ? 'failed' : 'warning', message)
  for (const { key, before, after } of workspace.configChanges)
    out.warn(
      'note',
      `${key} changed since the last archive: ${before ?? '(not set)'} → ${after ?? '(not set)'}; the next archive follows it.`,
    )
}

/** What the host file lets Orchive do with the orchestrator. */
function printRuntime(out: Output, runtime: Runtime, print: (text?: string) => void): void {
  const { color } = out
  const { health, process, drill } = runtime
  if (runtime.isConfigured) print(`runtime  ${runtime.hostConfigPath}`)
  else print(color.dim(`runtime  not configured in ${runtime.hostConfigPath}`))
  const expected = Object.entries(health?.expect ?? {}).map(([key, value]) => `${key} ${JSON.stringify(value)}`)
  const rows: [string, string | null][] = [
    ['stop', runtime.stop && `${commandText(runtime.stop)}  (within ${runtime.stopTimeoutSeconds} s)`],
    ['start', runtime.start && `${commandText(runtime.start)}  (within ${runtime.startTimeoutSeconds} s)`],
    ['restart', runtime.restart && commandText(runtime.restart)],
    ['rebuild', runtime.rebuild && `${commandText(runtime.rebuild)}  (within ${runtime.rebuildTimeoutSeconds} s)`],
    ['process', process && (process.match === null ? `pid file ${process.pidFile}` : `matches ${process.match}`)],
    ['health', health && [health.url, ...expected].join(', ')],
    ...runtime.stateReads.map((url): [string, string] => ['state', url]),
    ...runtime.maps.map(({ from, to }): [string, string] => ['map', `${from} → ${to}`]),
    ['drill', drill && `${commandText(drill.command)}  (within ${drill.timeoutSeconds} s)`],
  ]
  for (const row of table(rows.filter(([, value]) => value !== null).map(([name, value]) => [`  ${name}`, value!]))) print(row)
}

/** A host file that cannot be used is a problem of the items and of the runtime; it is told once, the way the runtime tells it. */
function withoutTwins(problems: Finding[]): Finding[] {
  return problems.filter(
    ({ code, path }, i) => !problems.some((other, j) => j > i && code.startsWith('host_') && other.code === code && other.path === path),
  )
}
