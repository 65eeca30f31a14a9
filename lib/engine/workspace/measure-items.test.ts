import { execFileSync } from 'node:child_process'
import { linkSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeSampleWorkspace, type SampleWorkspace } from '#test/builders/sample-workspace.ts'
import { measureItems } from './measure-items.ts'
import { readConfig } from './read-config.ts'
import { resolveItems } from './resolve-items.ts'

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'orchive-measure-')))
})
afterEach(() => rmSync(root, { recursive: true }))

const itemsOf = ({ configPath }: SampleWorkspace) => resolveItems({ root, configPath, config: readConfig(configPath) }).items
const make = () => makeSampleWorkspace(root, { shape: 'packs-in-logs', packs: 5, logs: 2, logMb: 0.01, stateRecords: 3 })

test('every item has its own files and bytes, nested ones counted once', () => {
  const workspace = make()
  const measured = measureItems(itemsOf(workspace))
  const sizes = (folder: string, names: string[]) => names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  const logs = ['run-0.jsonl', 'run-1.jsonl', ...readdirSync(join(workspace.logsDir, 'digests')).map((name) => `digests/${name}`)]
  expect(measured.map(({ key, files, sizeBytes }) => [key, files, sizeBytes])).toEqual([
    ['config', 1, statSync(workspace.configPath).size],
    ['stateFile', 1, statSync(workspace.statePath).size],
    ['knowledgePackDir', 5, sizes(workspace.packsDir, readdirSync(workspace.packsDir))],
    ['logsDir', 3, sizes(workspace.logsDir, logs)],
  ])
})

test('content with several names is counted once', () => {
  const workspace = make()
  const before = measureItems(itemsOf(workspace)).at(-1)!
  linkSync(join(workspace.logsDir, 'run-0.jsonl'), join(workspace.logsDir, 'again.jsonl'))
  const after = measureItems(itemsOf(workspace)).at(-1)!
  expect(after).toMatchObject({ files: before.files! + 1, sizeBytes: before.sizeBytes })
})

test('problems met on the way are told, many of a kind in one line', () => {
  const workspace = make()
  for (let i = 0; i < 30; i++) execFileSync('mkfifo', [join(workspace.logsDir, `fifo-${i}`)])
  const logs = measureItems(itemsOf(workspace)).at(-1)!
  expect(logs.problems).toHaveLength(21)
  expect(logs.problems.at(-1)).toMatchObject({ code: 'more_problems', message: expect.stringContaining('10 more entries') })
})

test('items that could not be measured in time stay unknown, never zero', () => {
  const measured = measureItems(itemsOf(make()), { limitMs: -1 })
  expect(measured.map(({ files, sizeBytes }) => [files, sizeBytes])).toEqual(Array(4).fill([null, null]))
})
