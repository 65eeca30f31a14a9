import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { advanceDay, makeSampleWorkspace } from './sample-workspace.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'orchive-sample-'))
})
afterEach(() => rmSync(base, { recursive: true }))

/** Path, mtime and content of every file. */
function contentOf(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).sort().map((name) => {
    const stat = lstatSync(join(folder, name))
    const hash = stat.isFile()
      ? createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')
      : '-'
    return `${name} ${stat.isFile() ? stat.mtimeMs : '-'} ${hash}`
  })
}

test('equal parameters give equal bytes and times, days of use included; another seed gives others', () => {
  const options = { packs: 10, logs: 2, logMb: 0.02, stateRecords: 20, seed: 5 }
  const [one, two, three] = ['one', 'two', 'three'].map((name, i) =>
    makeSampleWorkspace(join(base, name), i < 2 ? options : { ...options, seed: 6 }),
  )
  expect(contentOf(one!.root)).toEqual(contentOf(two!.root))
  expect(contentOf(one!.root)).not.toEqual(contentOf(three!.root))
  for (const workspace of [one!, two!]) for (let i = 0; i < 3; i++) advanceDay(workspace)
  expect(contentOf(one!.root)).toEqual(contentOf(two!.root))
})

test('a day of use lets logs grow by about 1 %, touches few packs, rewrites the state', () => {
  const workspace = makeSampleWorkspace(join(base, 'w'), { packs: 400, logs: 1, logMb: 0.5, stateRecords: 200 })
  const before = new Set(contentOf(workspace.packsDir))
  const logBytes = statSync(join(workspace.logsDir, 'run-0.jsonl')).size
  const state = readFileSync(workspace.statePath, 'utf8')
  advanceDay(workspace)
  const growth = statSync(join(workspace.logsDir, 'run-0.jsonl')).size / logBytes
  expect(growth).toBeGreaterThan(1.005)
  expect(growth).toBeLessThan(1.03)
  expect(contentOf(workspace.packsDir).filter((line) => !before.has(line))).toHaveLength(2)
  expect(readFileSync(workspace.statePath, 'utf8')).not.toBe(state)
  expect(JSON.parse(readFileSync(workspace.statePath, 'utf8')).taskExecutions).toHaveLength(204)
})

test('the state keeps within the caps of the runtime', () => {
  const workspace = makeSampleWorkspace(join(base, 'w'), { packs: 2, logs: 1, logMb: 0.001, stateRecords: 6000 })
  const state = JSON.parse(readFileSync(workspace.statePath, 'utf8'))
  expect([state.taskExecutions.length, state.workflowEvents.length, state.rssDrafts.length]).toEqual([5000, 20_000, 200])
})
