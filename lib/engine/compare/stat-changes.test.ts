import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BackupBench, makeBackupBench } from '../backup/testing.ts'
import type { Manifest } from '../repository/manifest.ts'
import { readConfig } from '../workspace/read-config.ts'
import { resolveItems } from '../workspace/resolve-items.ts'
import { countChanges, type ItemChanges } from './stat-changes.ts'

let bench: BackupBench
beforeEach(async () => {
  bench = await makeBackupBench()
  bench.write('orchestrator_state.json', '{"taskHistory":[]}')
  for (let i = 0; i < 5; i++) bench.write(`logs/run-${i}.jsonl`, `line ${i}\n`)
  for (let i = 0; i < 3; i++) bench.write(`knowledge-packs/pack-${i}.json`, '{}')
})
afterEach(() => bench.remove())

const config = () => bench.at('orchestrator_config.json')
const itemsNow = () => resolveItems({ root: bench.root, configPath: config(), config: readConfig(config()) }).items
const count = (prior: Manifest | null, statCachePath = bench.statCachePath) =>
  countChanges({ repository: bench.repository, prior, items: itemsNow(), statCachePath })
const byName = (items: ItemChanges[]) =>
  Object.fromEntries(
    items.flatMap(({ key, added, changed, removed, changedBytes }) =>
      added + changed + removed > 0 ? [[key, { added, changed, removed, changedBytes }]] : [],
    ),
  )

test('right after a backup nothing has changed, with its stamps and without them', async () => {
  const { manifest } = await bench.take()
  for (const path of [bench.statCachePath, `${bench.statCachePath}-none`]) {
    const { items, problems } = await count(manifest, path)
    expect([byName(items), problems]).toEqual([{}, []])
    expect(items.map(({ key }) => key)).toEqual(itemsNow().map(({ key }) => key))
  }
})

test('files added, changed and removed are counted by item, with the bytes that a backup would have to read', async () => {
  const { manifest } = await bench.take()
  bench.write('logs/run-5.jsonl', 'a new log\n')
  bench.write('logs/run-0.jsonl', 'line 0\nline 1\n')
  rmSync(bench.at('logs/run-1.jsonl'))
  rmSync(bench.at('logs/run-2.jsonl'))
  bench.write('knowledge-packs/deep/er/pack-9.json', '{"id":9}')
  const expected = {
    logsDir: { added: 1, changed: 1, removed: 2, changedBytes: 24 },
    knowledgePackDir: { added: 1, changed: 0, removed: 0, changedBytes: 8 },
  }
  expect(byName((await count(manifest)).items)).toEqual(expected)
  expect(byName((await count(manifest, 'none')).items)).toEqual(expected)
})

test('changes are spread over the time in which they were written; older and newer times count at its ends', async () => {
  const { manifest } = await bench.take()
  const fromMs = Date.UTC(2026, 10, 24, 2)
  const writeAt = (path: string, ms: number) => {
    bench.write(path, 'written then\n')
    utimesSync(bench.at(path), new Date(ms), new Date(ms))
  }
  const HOUR = 3_600_000
  writeAt('logs/long-ago.jsonl', fromMs - 9 * HOUR)
  writeAt('logs/first.jsonl', fromMs)
  writeAt('logs/third.jsonl', fromMs + 2.5 * HOUR)
  writeAt('logs/run-0.jsonl', fromMs + 2.6 * HOUR)
  writeAt('logs/ahead.jsonl', fromMs + 40 * HOUR)
  const span = { fromMs, toMs: fromMs + 4 * HOUR, parts: 4 }
  const { written } = await countChanges({
    repository: bench.repository,
    prior: manifest,
    items: itemsNow(),
    statCachePath: bench.statCachePath,
    span,
  })
  expect(written).toEqual([2, 0, 2, 1])
})

test('without an archive before, everything is new', async () => {
  const { items } = await count(null)
  expect(byName(items)).toMatchObject({
    logsDir: { added: 5, changed: 0, removed: 0, changedBytes: 35 },
    knowledgePackDir: { added: 3, changed: 0, removed: 0, changedBytes: 6 },
    stateFile: { added: 1 },
  })
})

test('a file with another time may have changed; one that was only looked at has not', async () => {
  const { manifest } = await bench.take()
  utimesSync(bench.at('logs/run-3.jsonl'), 1000, 1000)
  execFileSync('cat', [bench.at('logs/run-4.jsonl')])
  expect(byName((await count(manifest)).items)).toEqual({ logsDir: { added: 0, changed: 1, removed: 0, changedBytes: 7 } })
})

test('folders and links are no files: they are not counted, but a file in the place of one is', async () => {
  symlinkSync('run-0.jsonl', bench.at('logs/latest'))
  mkdirSync(bench.at('logs/empty'))
  const { manifest } = await bench.take()
  mkdirSync(bench.at('logs/other'))
  symlinkSync('run-1.jsonl', bench.at('logs/link'))
  expect(byName((await count(manifest)).items)).toEqual({})
  rmSync(bench.at('logs/latest'))
  bench.write('logs/latest', 'now a file')
  expect(byName((await count(manifest)).items)).toEqual({ logsDir: { added: 1, changed: 0, removed: 0, changedBytes: 10 } })
})

test('an item that the config no longer names counts as removed', async () => {
  const { manifest } = await bench.take()
  writeFileSync(config(), JSON.stringify({ logsDir: './logs', stateFile: './orchestrator_state.json' }))
  const { items } = await count(manifest)
  expect(byName(items)['knowledgePackDir']).toEqual({ added: 0, changed: 0, removed: 3, changedBytes: 0 })
})

test('what cannot be archived is told and not counted', async () => {
  const { manifest } = await bench.take()
  execFileSync('mkfifo', [join(bench.root, 'logs/pipe')])
  const { items, problems } = await count(manifest)
  expect(problems).toMatchObject([{ code: 'special_file', path: 'logs/pipe' }])
  expect(byName(items)).toEqual({})
})
