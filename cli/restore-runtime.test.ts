import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Daemons, freePort } from '#test/builders/daemon.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
let daemons: Daemons
let port: number
beforeEach(async () => {
  bench = await makeBench({ isQuick: true })
  daemons = new Daemons(join(bench.folder, 'daemons'))
  port = await freePort()
})
afterEach(() => {
  daemons.killAll('orch', 'other')
  bench.remove()
})

const url = (path: string) => `http://127.0.0.1:${port}${path}`
/** Through the host file, as in life. */
function configure(runtime: Record<string, unknown>): void {
  const process = { pidFile: daemons.pidFile('orch') }
  const health = { url: url('/health'), expect: { status: 'healthy' } }
  const host = { workspaces: { sample: { runtime: { health, process, startTimeoutSeconds: 20, stopTimeoutSeconds: 20, ...runtime } } } }
  writeFileSync(join(bench.home, 'orchive.config.json'), JSON.stringify(host), { mode: 0o600 })
}
const orchestrator = () => ({ stop: daemons.stop('orch'), start: daemons.startOrchestrator('orch', bench.workspace.configPath, port) })
const start = async () => {
  const { start: argv } = orchestrator()
  const { runCommand } = await import('#lib/orchestrator/run-command.ts')
  const { systemClock } = await import('#lib/base/clock.ts')
  await runCommand({ workspace: 'sample', verb: 'start', argv, timeoutMs: 20_000, clock: systemClock, env: process.env })
  for (;;) {
    try {
      if ((await fetch(url('/health'))).ok) return
    } catch {
      // Not up yet.
    }
  }
}
/** The state is rewritten all the time: read until it is whole. */
const executions = (): string[] => {
  for (;;) {
    try {
      const { taskExecutions } = JSON.parse(readFileSync(bench.workspace.statePath, 'utf8')) as { taskExecutions: { taskId: string }[] }
      return taskExecutions.map(({ taskId }) => taskId)
    } catch {
      // In the middle of a write.
    }
  }
}
interface Step {
  name: string
  outcome: string
}

test('the running orchestrator is stopped, proven gone, and healthy again with the restored state; undo brings back what it had', async () => {
  await bench.run('backup')
  const archived = executions()
  configure(orchestrator())
  await start()
  const before = daemons.pid('orch')
  const done = await bench.run('restore', 'latest', 'orchestrator_state.json', '--in-place', '--yes', '--json')
  expect([0, 3], done.stdout.slice(-1500)).toContain(done.code)
  const { steps, undo } = done.json as { steps: Step[]; undo: string }
  expect(steps.map(({ name }) => name)).toEqual(expect.arrayContaining(['stop', 'swap', 'validate', 'start']))
  expect(steps.every(({ outcome }) => outcome !== 'failed')).toBe(true)
  expect(daemons.pid('orch')).not.toBe(before)
  expect((await fetch(url('/health'))).ok).toBe(true)
  // It goes on writing from what was restored.
  expect(executions().slice(0, archived.length)).toEqual(archived)
  // It moved on since: the undo names the state and asks to be forced; forced, it stops and starts the orchestrator as well.
  expect((await bench.run('undo', undo, '--json')).json).toMatchObject({ code: 'undo_refused' })
  const restored = daemons.pid('orch')
  const undone = await bench.run('undo', undo, '--force', '--json')
  expect(undone.code, undone.stdout.slice(-1500)).toBe(0)
  expect(daemons.pid('orch')).not.toBe(restored)
  expect((await fetch(url('/health'))).ok).toBe(true)
})

test('one that does not come up healthy makes the restore take everything back', async () => {
  await bench.run('backup')
  const changed = JSON.stringify({ ...JSON.parse(readFileSync(bench.workspace.statePath, 'utf8')), updatedAt: '2026-11-23T00:00:00Z' })
  writeFileSync(bench.workspace.statePath, changed)
  configure({ stop: ['true'], start: ['true'], startTimeoutSeconds: 1, stopTimeoutSeconds: 1 })
  const done = await bench.run('restore', 'latest', 'orchestrator_state.json', '--in-place', '--yes', '--json')
  expect(done.code).toBe(1)
  expect(done.json).toMatchObject({ code: 'runtime_not_healthy', message: expect.stringContaining('put back') })
  expect(readFileSync(bench.workspace.statePath, 'utf8')).toBe(changed)
})

test('one that does not stop is named by its pid, and nothing is touched', async () => {
  await bench.run('backup')
  rmSync(bench.workspace.packsDir, { recursive: true })
  configure({ ...orchestrator(), stop: ['true'], stopTimeoutSeconds: 1 })
  await start()
  rmSync(bench.workspace.packsDir, { recursive: true, force: true })
  const done = await bench.run('restore', 'latest', 'knowledge-packs', '--in-place', '--yes', '--json')
  expect(done.code).toBe(1)
  expect(done.json).toMatchObject({ code: 'runtime_not_stopped', message: expect.stringContaining(String(daemons.pid('orch'))) })
  expect(existsSync(bench.workspace.packsDir)).toBe(false)
  expect((await fetch(url('/health'))).ok).toBe(true)
})
