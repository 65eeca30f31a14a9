import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { advanceDay } from '#test/builders/sample-workspace.ts'

const STATE = 'orchestrator_state.json'

let bench: Bench
const statePath = () => join(bench.workspace.root, STATE)
const changeState = (change: (state: Record<string, unknown[]>) => void) => {
  const state = JSON.parse(readFileSync(statePath(), 'utf8'))
  change(state)
  writeFileSync(statePath(), JSON.stringify(state, null, 2))
}

beforeAll(async () => {
  bench = await makeBench({ isQuick: true })
  await bench.run('backup')
  advanceDay(bench.workspace)
  await bench.run('backup')
})
afterAll(() => bench.remove())

test('two archives: what was added, removed and changed, with a summary that adds up', async () => {
  const { code, json } = await bench.run('diff', 'latest~1', 'latest', '--json')
  const { added, removed, changed, summary } = json as Record<string, { path: string; parts: string[] }[]> & {
    summary: Record<string, number>
  }
  expect(code).toBe(0)
  expect([added!.length, removed!.length, changed!.length]).toEqual([summary.added, summary.removed, summary.changed])
  expect(changed!.map(({ path }) => path)).toContain(STATE)
  const files = (await bench.run('archives', '--json')).json as { files: number }[]
  expect(summary.sameFiles! + summary.removed! + summary.changed!).toBe(files[1]!.files)
  expect((await bench.run('diff', 'latest', 'latest')).stdout).toContain('are the same')
})

test('with a limit the first changes of each item are listed all the same: packs that come first do not hide the state', async () => {
  const before = readFileSync(statePath(), 'utf8')
  const packs = Array.from({ length: 30 }, (_, n) => join(bench.workspace.packsDir, `0-new-${n}.json`))
  for (const pack of packs) writeFileSync(pack, '{}')
  changeState((state) => state.taskExecutions!.pop())
  const listed = async (limit: number) => {
    const { json } = await bench.run('diff', 'latest', '--json', `--limit=${limit}`)
    const { added, changed, unlisted } = json as Record<'added' | 'changed', { path: string }[]> & { unlisted: number }
    return { paths: [...added, ...changed].map(({ path }) => path), unlisted }
  }
  const all = await listed(1000)
  expect([all.paths.length, all.unlisted]).toEqual([31, 0])
  const some = await listed(12)
  expect([some.paths.length, some.unlisted]).toEqual([12, 19])
  expect(some.paths).toContain(STATE)
  expect((await listed(1)).paths).toHaveLength(1)
  for (const pack of packs) rmSync(pack)
  writeFileSync(statePath(), before)
})

test('live is the default, and turning the sides turns the signs', async () => {
  expect((await bench.run('diff', 'latest', '--json')).json).toMatchObject({ summary: { added: 0, removed: 0, changed: 0 } })
  writeFileSync(join(bench.workspace.root, 'logs/new.jsonl'), 'one\n')
  const there = (await bench.run('diff', 'latest', '--json')).json as { added: { path: string }[] }
  expect(there.added.map(({ path }) => path)).toEqual(['logs/new.jsonl'])
  expect((await bench.run('diff', 'live', 'latest', '--json')).json).toMatchObject({ removed: [{ path: 'logs/new.jsonl' }], added: [] })
  const human = await bench.run('diff', 'latest')
  expect(human.stdout).toContain('+ logs/new.jsonl  4 B')
  rmSync(join(bench.workspace.root, 'logs/new.jsonl'))
  expect((await bench.run('diff', 'live', 'live')).code).toBe(2)
})

test('the state is compared by its records, the config by its keys with secrets masked', async () => {
  const before = readFileSync(statePath(), 'utf8')
  changeState((state) => {
    const gone = state.taskExecutions!.pop() as { taskId: string }
    state.taskExecutions!.unshift({ ...gone, taskId: 'tsk_new', idempotencyKey: 'key-new' })
  })
  const diff = (await bench.run('diff', 'latest', '--path', STATE, '--json')).json as { kind: string; lists: Record<string, unknown>[] }
  expect(diff.kind).toBe('records')
  expect(diff.lists).toMatchObject([{ key: 'taskExecutions', addedCount: 1, lostCount: 1, changedCount: 0 }])
  writeFileSync(statePath(), before)

  const config = JSON.parse(readFileSync(bench.workspace.configPath, 'utf8'))
  writeFileSync(bench.workspace.configPath, JSON.stringify({ ...config, apiToken: 'very-secret-1', digest: { maxItems: 12 } }, null, 2))
  const { stdout } = await bench.run('diff', 'latest', '--path', 'orchestrator_config.json')
  expect(stdout).toContain('digest')
  expect(stdout).not.toContain('very-secret-1')
  const text = await bench.run('diff', 'latest', '--path', 'orchestrator_config.json', '--text')
  expect(text.stdout).toMatch(/^\+ .*maxItems/m)
  expect(text.stdout).not.toContain('very-secret-1')
  writeFileSync(bench.workspace.configPath, JSON.stringify(config, null, 2))
})

test('a state that does not parse is compared as text, and the place is named', async () => {
  const before = readFileSync(statePath(), 'utf8')
  writeFileSync(statePath(), before.slice(0, before.length / 2))
  expect((await bench.run('diff', 'latest', '--path', STATE, '--json')).json).toMatchObject({
    kind: 'text',
    reason: expect.stringMatching(/^B is not valid JSON at line \d+/),
  })
  const human = await bench.run('diff', 'latest', '--path', STATE)
  expect(human.stderr).toContain('compared as text')
  expect(human.stdout).toContain('@@')
  writeFileSync(statePath(), before)
  expect((await bench.run('diff', 'latest', '--path', 'logs/none', '--json')).json).toMatchObject({ code: 'path_unknown' })
})

test('bisect finds between which archives a value changed, and says what it looked at', async () => {
  const cut = JSON.parse(readFileSync(statePath(), 'utf8')).taskExecutions.length as number
  const condition = `/taskExecutions/length > ${Math.floor(cut / 3)}`
  const good = await bench.run('bisect', STATE, '--where', condition, '--json')
  expect(good.json).toMatchObject({ firstBad: null })
  for (let day = 0; day < 3; day++) {
    advanceDay(bench.workspace)
    await bench.run('backup')
  }
  changeState((state) => {
    state.taskExecutions = state.taskExecutions!.slice(0, 2)
  })
  await bench.run('backup')
  await bench.run('backup')
  const archives = (await bench.run('archives', '--json')).json as { id: string }[]
  const found = (await bench.run('bisect', STATE, '--where', condition, '--json')).json as { steps: unknown[] }
  expect(found).toMatchObject({ lastGood: { archiveId: archives[2]!.id }, firstBad: { archiveId: archives[1]!.id } })
  expect(found.steps.length).toBeLessThan(archives.length)
  const human = await bench.run('bisect', STATE, '--where', condition)
  expect(human.stdout).toContain(`It broke after ${archives[2]!.id}`)
  expect((await bench.run('bisect', STATE, '--where', 'nonsense')).code).toBe(2)
  expect((await bench.run('bisect', 'no/such/path', '--json')).json).toMatchObject({ code: 'path_unknown' })
})
