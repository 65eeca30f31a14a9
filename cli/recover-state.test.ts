import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { advanceDay } from '#test/builders/sample-workspace.ts'

let bench: Bench
beforeEach(async () => {
  bench = await makeBench({ isQuick: true })
  await bench.run('backup')
  await bench.run('verify', 'latest', '--level', 'content')
})
afterEach(() => bench.remove())

const state = () => readFileSync(bench.workspace.statePath, 'utf8')
const archivedState = async (archive: string) => (await bench.run('cat', archive, 'orchestrator_state.json')).stdout
interface Step {
  id: string
  outcome: string
}

test('a torn state: the plan names what is lost, changes nothing, and the run keeps the corrupt file before it puts the good one in its place', async () => {
  const good = state()
  advanceDay(bench.workspace)
  const torn = state().slice(0, Math.floor(state().length * 0.7))
  writeFileSync(bench.workspace.statePath, torn)
  const [known] = (await bench.run('archives', '--json')).json as { id: string }[]

  const dry = (await bench.run('recover', 'state', '--dry-run', '--json')).json as { plan: Record<string, never> }
  expect(dry.plan).toMatchObject({
    verdict: 'damaged',
    chosenId: known!.id,
    candidates: [{ isKnownGood: true }],
    salvage: { mode: 'none' },
  })
  expect(dry.plan).toMatchObject({
    change: { kind: 'records', lists: expect.arrayContaining([expect.objectContaining({ key: 'taskExecutions' })]) },
  })
  expect(state()).toBe(torn)
  expect((await bench.run('recover', 'state', '--json')).json).toMatchObject({ code: 'usage' })

  const done = await bench.run('recover', 'state', '--yes', '--json')
  const result = done.json as { steps: Step[]; preservedArchiveId: string; restore: { provenFiles: number } }
  expect(result).toMatchObject({ type: 'result', runbook: 'state', restore: { provenFiles: 1 } })
  expect(result.steps.map(({ id, outcome }) => [id, outcome])).toEqual([
    ['detect', 'done'],
    ['preserve', 'done'],
    ['restore', 'done'],
  ])
  expect(state()).toBe(good)
  expect(await archivedState(result.preservedArchiveId)).toBe(torn)
  expect((await bench.run('diff', known!.id, 'live', '--path', 'orchestrator_state.json', '--json')).json).toMatchObject({
    lists: [],
    values: [],
  })
})

test('salvage by merging keeps every record of the good state and adds those that the damaged file still has', async () => {
  const good = JSON.parse(state())
  advanceDay(bench.workspace)
  const newer = JSON.parse(state())
  writeFileSync(bench.workspace.statePath, state().slice(0, -Math.floor(state().length * 0.05)))
  const done = await bench.run('recover', 'state', '--salvage', 'merge', '--yes', '--json')
  expect(done.json).toMatchObject({
    steps: [{ id: 'detect' }, { id: 'preserve' }, { id: 'salvage' }, { id: 'restore', outcome: 'done' }],
  })
  const merged = JSON.parse(state())
  const ids = (value: { taskExecutions: { taskId: string }[] }) => value.taskExecutions.map(({ taskId }) => taskId)
  expect(ids(merged)).toEqual(expect.arrayContaining(ids(good)))
  expect(ids(merged).length).toBeGreaterThan(ids(good).length)
  expect(ids(newer)).toEqual(expect.arrayContaining(ids(merged)))
})

test('without any archive that holds a good state the damaged file is used as far as it goes, and only when that is asked for', async () => {
  const fresh = await makeBench({ isQuick: true })
  try {
    const torn = readFileSync(fresh.workspace.statePath, 'utf8').slice(0, 4000)
    writeFileSync(fresh.workspace.statePath, torn)
    await fresh.run('backup')
    const refused = await fresh.run('recover', 'state', '--yes', '--json')
    expect(refused.json).toMatchObject({ code: 'archive_unknown', hint: expect.stringContaining('--salvage prefix') })
    expect(readFileSync(fresh.workspace.statePath, 'utf8')).toBe(torn)
    const done = await fresh.run('recover', 'state', '--salvage', 'prefix', '--yes', '--json')
    expect(done.json).toMatchObject({ type: 'result' })
    expect(() => JSON.parse(readFileSync(fresh.workspace.statePath, 'utf8'))).not.toThrow()
  } finally {
    fresh.remove()
  }
})

test('status tells of a state that was torn or reset between backups', async () => {
  expect((await bench.run('status', '--json')).json).toMatchObject({ state: { verdict: 'fine', findings: [] } })
  writeFileSync(bench.workspace.statePath, '{"taskHistory": []}')
  expect((await bench.run('status', '--json')).json).toMatchObject({ state: { verdict: 'doubtful' } })
  writeFileSync(bench.workspace.statePath, '{"taskHistory": [')
  const told = await bench.run('status')
  expect(told.stderr).toContain('torn')
})
