import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type DrillReport, DrillReportSchema } from '#lib/contracts/drill.ts'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import { type Bench, makeBench, ORCHIVE, runOrchive } from '#test/builders/run-orchive.ts'
import { type SampleShape, SHAPES } from '#test/builders/sample-workspace.ts'
import { until } from '#test/builders/until.ts'

let bench: Bench
const mounts = new Mounts()
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, packs: 5, logs: 2 })
})
afterEach(() => {
  mounts.unmountAll()
  bench.remove()
})

const drills = () => join(bench.home, 'drills')
const leftIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : [])
async function drill(...options: string[]): Promise<{ code: number | null; report: DrillReport }> {
  const { code, json } = await bench.run('verify', 'latest', '--level', 'drill', '--json', ...options)
  return { code, report: DrillReportSchema.parse(json) }
}
const outcomes = ({ steps }: DrillReport) => Object.fromEntries(steps.map(({ key, outcome }) => [key, outcome]))
const gradeNow = async () => ((await bench.run('archives', '--json')).json as { grade: number | null }[])[0]!.grade

/** Lets the host run a script of its own in each drill. */
function hostCommand(script: string, timeoutSeconds = 20): void {
  const path = join(bench.folder, 'drill.sh')
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  hostDrill({ command: [path], timeoutSeconds })
}
function hostDrill(drillOf: { command: string[]; timeoutSeconds: number }): void {
  writeFileSync(join(bench.home, 'orchive.config.json'), JSON.stringify({ workspaces: { sample: { drill: drillOf } } }), { mode: 0o600 })
}

test('a drill on a sound archive passes, makes it L5 and leaves nothing behind', async () => {
  writeFileSync(join(bench.workspace.logsDir, 'closed'), 'nobody may read this', { mode: 0 })
  symlinkSync('closed', join(bench.workspace.logsDir, 'link'))
  await bench.run('backup')
  const { code, report } = await drill()
  expect(code).toBe(0)
  expect(report).toMatchObject({ verdict: 'passed', grade: 5, drillCommand: null, archives: [{ grade: 5 }] })
  expect(outcomes(report)).toMatchObject({ compare: 'passed', content: 'passed', config: 'passed', command: 'skipped', clean: 'passed' })
  expect(report.restoredFiles).toBeGreaterThan(8)
  expect(leftIn(drills())).toEqual([])
  expect(await gradeNow()).toBe(5)
  expect((await bench.run('drill', 'report', report.jobId, '--json')).json).toEqual(report)
})

test('the drill command gets the copy as its folder and a config that leads nowhere but into it', async () => {
  await bench.run('backup')
  const seen = join(bench.folder, 'seen')
  hostCommand(
    `pwd > ${seen}; echo "$ORCHIVE_DRILL_ROOT" >> ${seen}; cat "$ORCHESTRATOR_CONFIG" >> ${seen}; echo "state=$STATE_FILE" >> ${seen}`,
  )
  const { report } = await drill()
  expect(report.verdict).toBe('passed')
  expect(outcomes(report).command).toBe('passed')
  const [cwd, root, ...rest] = readFileSync(seen, 'utf8').split('\n')
  expect(cwd).toBe(join(report.scratch, 'files'))
  expect(root).toBe(cwd)
  expect(rest.join('\n')).toContain(join(cwd!, 'orchestrator_state.json'))
  expect(rest.join('\n')).not.toContain(bench.workspace.root)
  expect(rest).toContain('state=')
})

test('a damaged archive fails a drill as bad, naming the file, and loses its grade', async () => {
  await bench.run('backup')
  expect((await drill()).report.verdict).toBe('passed')
  const [data] = packsBySize()
  const bytes = readFileSync(data!)
  bytes.fill(0xff, bytes.length - 5000, bytes.length - 3000)
  chmodSync(data!, 0o600)
  writeFileSync(data!, bytes)
  const { code, report } = await drill()
  expect(code).toBe(1)
  expect(report).toMatchObject({ verdict: 'archive-bad', expiresAt: null })
  expect(report.findings.some(({ path, severity }) => severity === 'error' && path !== null && /logs|packs|orchestrator/.test(path))).toBe(
    true,
  )
  expect(leftIn(drills())).toEqual([])
  expect(await gradeNow()).toBe(0)
})

function packsBySize(): string[] {
  const packs = join(bench.home, 'repository/packs')
  return readdirSync(packs, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pack'))
    .map((name) => join(packs, name))
    .sort((a, b) => statSync(b).size - statSync(a).size)
}

test('a drill command that says no speaks against the archive, and the levels below still stand', async () => {
  await bench.run('backup')
  hostCommand('echo "state has no tasks"; exit 4')
  const { code, report } = await drill()
  expect(code).toBe(1)
  expect(report).toMatchObject({ verdict: 'archive-bad', grade: 4 })
  expect(report.findings[0]).toMatchObject({ code: 'drill_command_failed', message: expect.stringContaining('state has no tasks') })
  expect(await gradeNow()).toBe(4)
})

test.each([
  ['is missing', () => hostDrill({ command: ['/nowhere/drill'], timeoutSeconds: 20 }), 'prepare'],
  ['finds a program missing', () => hostCommand('no-such-program-here'), 'command'],
  ['hangs', () => hostCommand('exec sleep 600', 0.2), 'command'],
  ['cannot work now', () => hostCommand('exit 75'), 'command'],
  ['stands in a host file with a mistake', () => writeFileSync(join(bench.home, 'orchive.config.json'), '{'), 'prepare'],
])('a drill command that %s says nothing about the archive, and its grade stays', async (_, configure, step) => {
  await bench.run('backup')
  await bench.run('verify', 'latest')
  configure()
  const { code, report } = await drill()
  expect(code).toBe(1)
  expect(report).toMatchObject({ verdict: 'environment-broke', grade: null, archives: [] })
  expect(outcomes(report)).toMatchObject({ [step]: 'broke', clean: 'passed' })
  expect(leftIn(drills())).toEqual([])
  expect(await gradeNow()).toBe(3)
})

test.skipIf(!canMount())('without scratch space a drill says so before it writes anything, and the grade stays', async () => {
  await bench.run('backup')
  await bench.run('verify', 'latest')
  const scratch = join(bench.folder, 'small')
  mounts.mountSmallDisk(scratch, '1m')
  const { report } = await drill('--scratch', scratch)
  expect(report.verdict).toBe('environment-broke')
  expect(report.findings[0]!.message).toContain('scratch space is full')
  expect(report.findings[0]!.message).toContain('This says nothing about the archive.')
  expect(leftIn(scratch)).toEqual([])
  expect(await gradeNow()).toBe(3)
})

test('a scratch folder that cannot be made is the host’s fault; one inside the workspace is refused', async () => {
  await bench.run('backup')
  const file = join(bench.folder, 'a-file')
  writeFileSync(file, '')
  expect((await drill('--scratch', join(file, 'below'))).report.verdict).toBe('environment-broke')
  const refused = await bench.run('verify', 'latest', '--level', 'drill', '--scratch', join(bench.workspace.logsDir, 'x'))
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('a drill must not write into it')
})

test('what a killed drill left is taken away by the next one, and a drill that still runs is left alone', async () => {
  await bench.run('backup')
  const go = join(bench.folder, 'go')
  const running = join(bench.folder, 'running')
  mkdirSync(running)
  hostCommand(`test -e ${go} && exit 0; : > ${running}/$$; while test -e ${running}; do sleep 0.1; done`, 600)
  const killed = await startDrill(running)
  const alive = await startDrill(running)
  expect(leftIn(drills())).toHaveLength(2)
  killed.kill('SIGKILL')
  await until('the killed drill is gone', () => killed.signalCode !== null)
  writeFileSync(go, '')
  const { report } = await drill()
  expect(report.verdict).toBe('passed')
  expect(report.steps[0]!.evidence).toContain('One folder of killed drills taken away')
  expect(leftIn(drills())).toHaveLength(1)
  alive.kill('SIGTERM')
  await until('the cancelled drill has ended', () => alive.exitCode !== null)
  expect(alive.exitCode).toBe(130)
  expect(leftIn(drills())).toEqual([])
})

/** Starts a drill and waits until the host's command runs in its copy, of which it leaves a file in the folder `running`. */
async function startDrill(running: string) {
  const before = leftIn(running).length
  const child = spawn(ORCHIVE, ['verify', 'latest', '--level', 'drill', '--home', bench.home], { stdio: 'ignore' })
  await until('the host’s command runs', () => leftIn(running).length > before)
  return child
}

test('what is due is verified by the age of its proof, one at least, as long as the time lasts', async () => {
  vi.stubEnv('ORCHIVE_TEST', '1')
  const on = (day: string) => vi.stubEnv('ORCHIVE_NOW', `2026-03-${day}T12:00:00Z`)
  const taken: string[] = []
  for (const [day, isVerified] of [
    ['01', true],
    ['02', true],
    ['20', false],
  ] as const) {
    on(day)
    taken.push(((await bench.run('backup', '--json')).json as { archiveId: string }).archiveId)
    if (isVerified) await bench.run('verify', 'latest')
  }
  on('26')
  const due = async (...options: string[]) => {
    const { archives } = (await bench.run('verify', '--due', '--json', ...options)).json as { archives: { archiveId: string }[] }
    return archives.map(({ archiveId }) => archiveId)
  }
  expect(await due('--budget', '0')).toEqual([taken[0]])
  expect(await due('--budget', '0')).toEqual([taken[1]])
  expect(await due()).toEqual([taken[2]])
  expect(await due()).toEqual([])
  vi.unstubAllEnvs()
})

test.each(Object.keys(SHAPES) as SampleShape[])('a workspace of the shape %s passes a drill', async (shape) => {
  const other = await makeBench({ isQuick: true, packs: 3, logs: 1, shape })
  try {
    expect((await other.run('backup')).code).toBe(0)
    const { json } = await other.run('verify', 'latest', '--level', 'drill', '--json')
    expect(json).toMatchObject({ verdict: 'passed', findings: [] })
  } finally {
    other.remove()
  }
})

test.skipIf(process.getuid!() !== 0)('a drill by an ordinary user also takes away folders that it may not write into', async () => {
  const nobody = 65_534
  const closed = join(bench.workspace.logsDir, 'closed')
  mkdirSync(closed)
  writeFileSync(join(closed, 'file'), 'content')
  chmodSync(bench.folder, 0o755)
  for (const name of [
    bench.folder,
    ...readdirSync(bench.folder, { recursive: true, encoding: 'utf8' }).map((one) => join(bench.folder, one)),
  ])
    lchownSync(name, nobody, nobody)
  chmodSync(closed, 0o555)
  const run = (...argv: string[]) => runOrchive(bench.home, argv, { uid: nobody })
  expect((await run('backup')).code).toBe(0)
  const { json } = await run('verify', 'latest', '--level', 'drill', '--json')
  expect(json).toMatchObject({ verdict: 'passed', findings: [] })
  expect(leftIn(drills())).toEqual([])
})

test('the report is one page that fetches nothing, and never written over a file', async () => {
  await bench.run('backup')
  await drill()
  const page = join(bench.folder, 'drill.html')
  expect((await bench.run('drill', 'report', '--html', page)).code).toBe(0)
  const html = readFileSync(page, 'utf8')
  expect(html).toContain('Passed: the archive was restored and holds.')
  expect(html).not.toMatch(/<script|src=|href=|url\(/)
  expect((await bench.run('drill', 'report', '--html', page)).code).toBe(1)
  rmSync(page)
})

test('options that do not go together are refused before anything is read', async () => {
  mkdirSync(drills(), { recursive: true })
  for (const argv of [
    ['latest', '--due'],
    ['--all', '--level', 'drill'],
    ['--budget', '5'],
    ['--scratch', '/tmp/x'],
    ['--due', '--level', 'drill'],
  ])
    expect((await bench.run('verify', ...argv)).code).toBe(2)
})
