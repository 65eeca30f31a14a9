import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import { Daemons } from '#test/builders/daemon.ts'
import { probeProcess } from './probe-process.ts'
import { runCommand } from './run-command.ts'

let folder: string
let daemons: Daemons
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-process-'))
  daemons = new Daemons(folder)
})
afterEach(() => {
  daemons.killAll('orch')
  rmSync(folder, { recursive: true })
})

const start = (argv: string[]) =>
  runCommand({
    workspace: 'prod',
    verb: 'start',
    argv: daemons.start('orch', argv),
    timeoutMs: 20_000,
    clock: systemClock,
    env: process.env,
  })

test('a process is found by its command line, but never this one, those that started it or its children', async () => {
  const mark = `mark-${process.pid}-${Math.random().toString(36).slice(2)}`
  // A program that never forks: a child between its fork and its exec has the same command line.
  writeFileSync(join(folder, mark), '')
  await start(['tail', '-f', join(folder, mark)])
  const module = new URL('probe-process.ts', import.meta.url).href
  // Looks while a child that matches runs; the shell above it matches, too, and so does it itself.
  const program = join(folder, 'look.mjs')
  writeFileSync(
    program,
    `import { spawn } from 'node:child_process'
import { once } from 'node:events'
const { probeProcess } = await import(${JSON.stringify(module)})
const child = spawn('sh', ['-c', 'echo ready; read line', process.argv[2]], { stdio: ['pipe', 'pipe', 'inherit'] })
await once(child.stdout, 'data')
console.log(JSON.stringify(probeProcess({ match: process.argv[2] })))
child.stdin.end()
`,
  )
  const looked = spawnSync('sh', ['-c', '"$0" "$1" "$2"; exit $?', process.execPath, program, mark], { encoding: 'utf8' })
  expect(looked.stderr).toBe('')
  expect((JSON.parse(looked.stdout) as { running: { pid: number }[] }).running.map(({ pid }) => pid)).toEqual([daemons.pid('orch')])
})

test('a pid file names a process that runs, or none', async () => {
  await start(['sleep', '600'])
  const pidFile = daemons.pidFile('orch')
  expect(probeProcess({ pidFile }).running).toEqual([{ pid: daemons.pid('orch'), commandLine: 'sleep 600' }])
  writeFileSync(join(folder, 'other.pid'), '4194305\n')
  expect(probeProcess({ pidFile: join(folder, 'other.pid') }).running).toEqual([])
  writeFileSync(join(folder, 'other.pid'), 'not a number')
  expect(probeProcess({ pidFile: join(folder, 'other.pid') })).toEqual({
    running: [],
    doubt: expect.stringContaining('holds no process id'),
  })
  expect(probeProcess({ pidFile: join(folder, 'no.pid') })).toEqual({ running: [], doubt: expect.stringContaining('there is no pid file') })
})

const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0
test.runIf(canUnshare)('where only some processes are seen, not finding one is no proof', () => {
  const module = new URL('probe-process.ts', import.meta.url).href
  const program = `const { probeProcess } = await import(${JSON.stringify(module)}); console.log(JSON.stringify(probeProcess({ match: 'no-such-process' })))`
  const looked = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', process.execPath, '--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  expect(JSON.parse(looked.stdout)).toEqual({ running: [], doubt: expect.stringContaining('container') })
})
