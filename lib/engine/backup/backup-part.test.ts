import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newSeriesId } from '#lib/base/ids.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import { type BackupBench, makeBackupBench } from './testing.ts'

let bench: BackupBench
beforeEach(async () => {
  bench = await makeBackupBench()
  bench.write('orchestrator_state.json', '{"taskExecutions":[]}')
  bench.write('knowledge-packs/pack-1.json', '{"id":1}')
  bench.write('logs/old.jsonl', randomBytes(300_000))
  bench.write('logs/deep/er/old.jsonl', 'old')
  bench.write('logs/new.jsonl', 'new')
})
afterEach(() => bench.remove())

const CHOSEN = new Set(['logs', 'logs/deep', 'logs/deep/er', 'logs/deep/er/old.jsonl', 'logs/old.jsonl'])
const part = () =>
  bench.take({ kind: 'offload', series: newSeriesId(), only: (path) => CHOSEN.has(path), rescan: true, keepStatCache: false })

test('a part holds exactly the paths that were asked for, names no other item, and verifies to its content', async () => {
  await bench.take()
  const { manifest, filesRead } = await part()
  expect([...(await bench.entries(manifest)).keys()].sort()).toEqual([...CHOSEN].sort())
  expect(manifest.items.map(({ key, files, contentBytes }) => ({ key, files, contentBytes }))).toEqual([
    { key: 'logsDir', files: 2, contentBytes: 300_003 },
  ])
  expect(filesRead).toBe(2)
  expect(manifest.findings).toEqual([])
  const { repository } = bench
  const verdict = await verifyArchive({ reader: repository.readerOf(manifest), manifest, repository, level: 'content' })
  expect(verdict).toMatchObject({ grade: 3, findings: [] })
})

test('a part leaves the series and the stamps of the whole archives as they are', async () => {
  const whole = await bench.take()
  await part()
  const next = await bench.take()
  expect(next.manifest.parentId).toBe(whole.manifest.id)
  // Critical items alone are read again.
  expect(next.filesRead).toBe(2)
})
