/**
 * What encryption costs a first backup: a plain and an encrypted repository of the same workspace, in turn. Prints a table and writes encryption.md.
 * Options: --rounds N, --workspace NAME (see workspaces/index.ts).
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measure, median, type Run } from './measure.ts'
import { ORCHIVE } from './racers/orchive.ts'
import { describeMachine } from './report.ts'
import { WORKSPACES } from './workspaces/index.ts'

/** A first backup may take this much longer. */
const GOAL = 1.15

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, workspace: { type: 'string', default: 'mix' } },
})
const workspace = WORKSPACES.find(({ name }) => name === options.workspace)
if (!workspace) throw new Error(`No such workspace: ${options.workspace}; there are ${WORKSPACES.map(({ name }) => name).join(', ')}.`)
const work = mkdtempSync(join(process.env.ORCHIVE_BENCH_DIR ?? tmpdir(), 'orchive-bench-encryption-'))
const runs: Record<'plain' | 'encrypted', Run[]> = { plain: [], encrypted: [] }
try {
  const root = join(work, 'workspace')
  mkdirSync(root)
  workspace.make(root)
  for (let round = 0; round < Number(options.rounds); round++)
    for (const kind of round % 2 === 0 ? (['plain', 'encrypted'] as const) : (['encrypted', 'plain'] as const))
      runs[kind].push(await firstBackup(root, kind))
} finally {
  rmSync(work, { recursive: true, force: true })
}
const machine = describeMachine(tmpdir())
const page = pageOf()
writeFileSync(join(import.meta.dirname, 'encryption.md'), page)
process.stdout.write(page)

async function firstBackup(root: string, kind: 'plain' | 'encrypted'): Promise<Run> {
  const [home, repository] = [join(work, 'home'), join(work, 'repository')]
  const orchive = (...argv: string[]) => [ORCHIVE, ...argv, '--home', home, '--quiet']
  const run = ([command, ...args]: string[]) => execFileSync(command!, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  run(orchive('repository', 'init', repository, ...(kind === 'encrypted' ? ['--encrypt'] : [])))
  run(orchive('workspace', 'add', root, '--name', 'bench'))
  const backup = await measure(orchive('backup'))
  for (const folder of [home, repository]) rmSync(folder, { recursive: true, force: true })
  return backup
}

function pageOf(): string {
  const row = (name: string, all: Run[]) => {
    const seconds = all.map(({ wallMs }) => (wallMs / 1000).toFixed(2)).join(', ')
    const cpu = median(all.map(({ cpuMs }) => cpuMs ?? 0)) / 1000
    return `| ${name} | ${(median(all.map(({ wallMs }) => wallMs)) / 1000).toFixed(2)} | ${seconds} | ${cpu.toFixed(2)} |`
  }
  const ratio = (of: (run: Run) => number) => median(runs.encrypted.map(of)) / median(runs.plain.map(of))
  const wall = ratio(({ wallMs }) => wallMs)
  return `# What encryption costs

A first backup of the workspace \`${workspace!.name}\` into an encrypted repository beside a plain one, in turn (${machine.cores} × ${machine.cpu}).

| repository | seconds, median | rounds | processor, s |
| --- | --- | --- | --- |
${row('plain', runs.plain)}
${row('encrypted', runs.encrypted)}

Ratio ${wall.toFixed(2)} by the clock, ${ratio(({ cpuMs }) => cpuMs ?? 0).toFixed(2)} by processor time; goal at most ${GOAL}: ${wall <= GOAL ? 'met' : 'missed'}.
`
}
