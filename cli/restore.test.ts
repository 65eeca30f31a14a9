import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, shape: 'packs-in-logs' })
  await bench.run('backup')
})
afterEach(() => bench.remove())

const isEqual = (a: string, b: string) => execFileSync('diff', ['-r', a, b], { encoding: 'utf8' }) === ''

test('--target lays the archive’s own paths under the folder, byte for byte', async () => {
  const target = join(bench.folder, 'out')
  const done = await bench.run('restore', 'latest', '--target', target, '--json')
  expect(done.code).toBe(0)
  expect(done.json).toMatchObject({ type: 'result', restoredFiles: 31, safetyArchiveId: null })
  expect(isEqual(bench.workspace.packsDir, join(target, 'knowledge-packs'))).toBe(true)
  expect(readFileSync(join(target, 'orchestrator.state.json'))).toEqual(readFileSync(bench.workspace.statePath))
  expect(existsSync(join(target, '.orchive'))).toBe(false)
})

test('a target that is not empty ends with 1 and nothing is written', async () => {
  const target = join(bench.folder, 'out')
  mkdirSync(target)
  writeFileSync(join(target, 'mine.txt'), 'mine')
  const refused = await bench.run('restore', 'latest', '--target', target, '--json')
  expect(refused.code).toBe(1)
  expect(refused.json).toMatchObject({ code: 'target_not_empty' })
  expect(execFileSync('ls', [target], { encoding: 'utf8' })).toBe('mine.txt\n')
})

test('--in-place puts a deleted file back after a safety archive, and leaves extras', async () => {
  const before = readFileSync(bench.workspace.statePath)
  rmSync(bench.workspace.statePath)
  const extra = join(bench.workspace.packsDir, 'extra.json')
  writeFileSync(extra, '{}')
  const done = await bench.run('restore', 'latest', '--in-place', '--yes', '--json')
  expect(done.code).toBe(0)
  expect(done.json).toMatchObject({
    restoredFiles: 1,
    provenFiles: 1,
    safetyArchiveId: expect.stringMatching(/^arc_/),
    undo: expect.stringMatching(/^job_/),
  })
  expect(readFileSync(bench.workspace.statePath)).toEqual(before)
  expect(existsSync(extra)).toBe(true)
  const kinds = ((await bench.run('archives', '--json')).json as { kind: string }[]).map(({ kind }) => kind)
  expect(kinds).toEqual(['safety', 'backup'])
})

test('after a lost state was restored in place, verifying everything finds nothing wrong: its safety archive rightly lacks it', async () => {
  rmSync(bench.workspace.statePath)
  expect((await bench.run('restore', 'latest', basename(bench.workspace.statePath), '--in-place', '--yes')).code).toBe(0)
  const { code, stdout, stderr } = await bench.run('verify', '--all')
  expect(code).toBe(0)
  expect(stderr).toMatch(/^note: State file is not in the archive/)
  expect(stdout.match(/^arc_/gm)).toHaveLength(2)
})

test('`latest` is never a safety archive', async () => {
  const [first] = (await bench.run('archives', '--json')).json as { id: string }[]
  rmSync(bench.workspace.statePath)
  await bench.run('restore', 'latest', '--in-place', '--yes')
  const plan = (await bench.run('restore', 'latest', '--in-place', '--dry-run', '--json')).json as { archiveId: string }
  expect(plan.archiveId).toBe(first!.id)
})

test('--dry-run shows absolute paths and changes nothing', async () => {
  rmSync(bench.workspace.statePath)
  const done = await bench.run('restore', 'latest', 'orchestrator.state.json', '--in-place', '--dry-run', '--json')
  expect(done.code).toBe(0)
  const plan = done.events.find(({ type }) => type === 'plan')!.plan as { lines: { targetPath: string; action: string }[] }
  expect(plan.lines).toEqual([expect.objectContaining({ targetPath: bench.workspace.statePath, action: 'create' })])
  expect(existsSync(bench.workspace.statePath)).toBe(false)
})

test('in place without --yes and without a terminal is refused with exit 2', async () => {
  const refused = await bench.run('restore', 'latest', '--in-place')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('--dry-run')
})

test('neither or both of --target and --in-place is exit 2', async () => {
  expect((await bench.run('restore', 'latest')).code).toBe(2)
  expect((await bench.run('restore', 'latest', '--in-place', '--target', '/tmp/x')).code).toBe(2)
})

test('restoring an outer item leaves nested items alone', async () => {
  const done = await bench.run('restore', 'latest', 'logs', '--target', join(bench.folder, 'logs-only'), '--json')
  expect(done.code).toBe(0)
  expect(existsSync(join(bench.folder, 'logs-only/knowledge-packs'))).toBe(false)
  expect(existsSync(join(bench.folder, 'logs-only/logs/knowledge-packs'))).toBe(false)
})

test('a symbolic link put in a folder’s place is never written through', async () => {
  const sub = join(bench.workspace.logsDir, 'sub')
  const outside = join(bench.folder, 'outside')
  mkdirSync(sub)
  writeFileSync(join(sub, 'a.log'), 'a')
  await bench.run('backup')
  mkdirSync(outside)
  rmSync(sub, { recursive: true })
  symlinkSync(outside, sub)
  const done = await bench.run('restore', 'latest', 'logs/sub', '--in-place', '--yes', '--json')
  expect([0, 1, 3]).toContain(done.code)
  expect(execFileSync('ls', ['-A', outside], { encoding: 'utf8' })).toBe('')
})

test('unknown archives and paths are named', async () => {
  expect((await bench.run('restore', 'arc_ffff', '--target', join(bench.folder, 'o'), '--json')).json).toMatchObject({
    code: 'archive_unknown',
  })
  const missing = await bench.run('restore', 'latest', 'no/such', '--target', join(bench.folder, 'o'), '--json')
  expect(missing.code).toBe(1)
  expect(missing.json).toMatchObject({ code: 'path_unknown', message: expect.stringContaining('no/such') })
})
