import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Manifest } from '../repository/manifest.ts'
import { type BackupBench, makeBackupBench } from './testing.ts'

let bench: BackupBench
beforeEach(async () => {
  bench = await makeBackupBench()
  bench.write('orchestrator_state.json', state(200))
  bench.write('logs/run-0.jsonl', '{"n":0}\n')
})
afterEach(() => bench.remove())

const state = (records: number) => JSON.stringify({ taskExecutions: Array.from({ length: records }, (_, i) => ({ taskId: `tsk_${i}` })) })
const suspicions = async ({ id }: Manifest) =>
  (await bench.repository.marksOf(id)).flatMap((mark) => (mark.kind === 'suspect' ? mark.findings.map(({ code }) => code) : []))

test('a state in order leaves its baseline and no mark', async () => {
  const { manifest } = await bench.take()
  expect(manifest.baselines.stateFile).toEqual({ sizeBytes: state(200).length, lists: { taskExecutions: 200 } })
  expect(await suspicions(manifest)).toEqual([])
  expect((await bench.take()).manifest.baselines).toEqual(manifest.baselines)
})

test.each([
  ['reset', '{"taskExecutions":[]}', 'state_reset'],
  ['shrunken', state(60), 'state_shrunk'],
  ['torn', state(200).slice(0, 3000), 'state_torn'],
  ['empty', '', 'state_torn'],
])('a %s state makes the archive suspect, and the next one, too, until somebody accepts it', async (_, text, code) => {
  await bench.take()
  bench.write('orchestrator_state.json', text)
  const first = await bench.take()
  expect(await suspicions(first.manifest)).toContain(code)
  const second = await bench.take()
  expect(await suspicions(second.manifest)).toContain(code)
  if (code === 'state_torn') return
  await bench.repository.addMark(second.manifest.id, { kind: 'accept', at: second.manifest.createdAt, actor: 'lead', reason: 'known' })
  expect(await suspicions((await bench.take()).manifest)).toEqual([])
})

test('a state that is gone makes the archive suspect', async () => {
  await bench.take()
  rmSync(bench.at('orchestrator_state.json'))
  for (let round = 0; round < 2; round++) expect(await suspicions((await bench.take()).manifest)).toContain('critical_gone')
})

test('a writer that rewrites the state 100 times a second during 50 backups never leaves a torn archive that does not say so', async () => {
  const path = bench.at('orchestrator_state.json')
  const script = join(bench.root, '..', 'writer.mjs')
  writeFileSync(
    script,
    `import { closeSync, openSync, writeSync } from 'node:fs'
let n = 0
setInterval(() => {
  const text = JSON.stringify({ n: n++, taskExecutions: Array.from({ length: 300 }, (_, i) => ({ taskId: 'tsk_' + n + '_' + i })) })
  const fd = openSync(${JSON.stringify(path)}, 'w')
  for (let at = 0; at < text.length; at += 1000) writeSync(fd, text.slice(at, at + 1000))
  closeSync(fd)
}, 10)`,
  )
  const writer = spawn(process.execPath, [script], { stdio: 'ignore' })
  try {
    for (let round = 0; round < 50; round++) {
      const { manifest } = await bench.take()
      const entry = (await bench.entries(manifest)).get('orchestrator_state.json')!
      const text = (await bench.content(entry)).toString()
      if ((await suspicions(manifest)).length === 0) expect(() => JSON.parse(text) as unknown).not.toThrow()
    }
  } finally {
    writer.kill('SIGKILL')
  }
})
