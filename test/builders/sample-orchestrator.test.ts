import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeSampleWorkspace, type SampleWorkspace } from './sample-workspace.ts'
import { type RunningOrchestrator, startOrchestrator } from './start-orchestrator.ts'

let root: string
let running: RunningOrchestrator | null = null
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orchive-running-'))
})
afterEach(async () => {
  await running?.kill()
  running = null
  rmSync(root, { recursive: true })
})

const make = (shape: 'state-in-logs' | 'foreign' = 'state-in-logs') =>
  makeSampleWorkspace(root, { shape, packs: 3, logs: 1, logMb: 0.01, stateRecords: 200 })
const fetchJson = async (path: string) => (await fetch(`${running!.url}${path}`)).json() as Promise<Record<string, unknown>>
const executions = (workspace: SampleWorkspace) => JSON.parse(readFileSync(workspace.statePath, 'utf8')).taskExecutions.length as number

/** Looks again and again until the answer is yes. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}

test('it answers health and state reads, and works on the paths of the config', async () => {
  const workspace = make()
  running = await startOrchestrator({ configPath: workspace.configPath, stateMs: 5, logMs: 5, packMs: 5 })
  expect(await fetchJson('/health')).toMatchObject({ status: 'healthy', pid: running.pid })
  await until(async () => ((await fetchJson('/api/persistence/health'))['records'] as number) > 201)
  await until(async () => ((await fetchJson('/api/knowledge/summary'))['packs'] as number) > 3)
  expect(running.statePath).toBe(workspace.statePath)
  expect((await fetch(`${running.url}/nothing`)).status).toBe(404)
  expect(await running.stop()).toBe(0)
  expect(executions(workspace)).toBeGreaterThan(201)
  expect(
    readFileSync(running.logPath, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).message)
      .at(-1),
  ).toBe('stopping')
})

test('its state file can be seen torn while it runs, and is whole after it stopped', async () => {
  const workspace = make()
  running = await startOrchestrator({ configPath: workspace.configPath, stateMs: 1, logMs: 0, packMs: 0 })
  const isTorn = () => {
    try {
      JSON.parse(readFileSync(workspace.statePath, 'utf8'))
      return false
    } catch {
      return true
    }
  }
  await until(isTorn)
  expect(await running.stop()).toBe(0)
  expect(isTorn()).toBe(false)
})

test('what is put on disk under it is undone by its next save', async () => {
  const workspace = make()
  running = await startOrchestrator({ configPath: workspace.configPath, stateMs: 0, logMs: 0, packMs: 0 })
  writeFileSync(workspace.statePath, '{}')
  await running.stop()
  expect(executions(workspace)).toBe(200)
})

test('a state that does not parse makes it start fresh and overwrite the evidence', async () => {
  const workspace = make()
  writeFileSync(workspace.statePath, '{"taskExecutions": [')
  running = await startOrchestrator({ configPath: workspace.configPath, stateMs: 0, logMs: 0, packMs: 0 })
  await running.stop()
  expect(executions(workspace)).toBe(0)
  expect(readFileSync(running.logPath, 'utf8')).toContain('starting fresh')
})

test('with foreign paths it runs behind the same maps; STATE_FILE counts', async () => {
  const workspace = make('foreign')
  const other = join(root, 'elsewhere.json')
  running = await startOrchestrator({
    configPath: workspace.configPath,
    maps: workspace.maps,
    env: { STATE_FILE: other },
    stateMs: 0,
    logMs: 0,
    packMs: 1,
  })
  expect(running.statePath).toBe(other)
  await until(() => readdirSync(workspace.packsDir).length > 3)
})
