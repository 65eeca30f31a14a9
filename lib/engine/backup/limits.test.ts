import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, lstatSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectEqualTrees, readTree } from '#test/builders/random-tree.ts'
import type { Manifest } from '../repository/manifest.ts'
import { executeRestore } from '../restore/execute-restore.ts'

/** What docs/limits.md says, each at the limit itself or as near to it as is cheap. */
let workspace: BackedUpWorkspace
let logs: string

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace()
  logs = join(workspace.root, 'logs')
  mkdirSync(logs)
})

afterEach(() => rmSync(workspace.folder, { recursive: true, force: true }))

async function restored(manifest: Manifest): Promise<string> {
  const target = join(workspace.folder, 'out')
  const reader = workspace.repository.readerOf(manifest)
  const result = await executeRestore({ reader, manifest, paths: [], target, items: [], jobId: newJobId() })
  expect(result.warnings).toEqual([])
  return join(target, 'logs')
}

test('a log that is mostly a hole is stored as next to nothing, and comes back byte for byte', async () => {
  const sizeBytes = 48 * 1024 * 1024
  const fd = openSync(join(logs, 'run.jsonl'), 'w')
  writeSync(fd, '{"at":1}\n', 0)
  ftruncateSync(fd, sizeBytes)
  writeSync(fd, '{"at":2}\n', sizeBytes - 9)
  closeSync(fd)
  const manifest = await workspace.backUp()
  expect(manifest.totals.contentBytes).toBeGreaterThanOrEqual(sizeBytes)
  expect(manifest.totals.storedBytes).toBeLessThan(100_000)
  const back = await restored(manifest)
  expect(lstatSync(join(back, 'run.jsonl')).size).toBe(sizeBytes)
  execFileSync('cmp', [join(logs, 'run.jsonl'), join(back, 'run.jsonl')])
})

test('255 levels of folders and names of 255 bytes come back', async () => {
  let folder = logs
  for (let level = 0; level < 255; level++) folder = join(folder, 'd')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'deep'), 'down here')
  writeFileSync(join(logs, 'ü'.repeat(127)), 'long name')
  const manifest = await workspace.backUp()
  expectEqualTrees(readTree(Buffer.from(await restored(manifest))), readTree(Buffer.from(logs)))
})

test('a path of 4,095 bytes is archived; what lies deeper than the system opens by its path is told, and the rest is archived', async () => {
  const name = 'n'.repeat(200)
  let folder = logs
  while (folder.length + name.length + 1 < 3895) folder = join(folder, name)
  const last = join(folder, 'm'.repeat(4095 - folder.length - 152), 'x'.repeat(150))
  mkdirSync(dirname(last), { recursive: true })
  writeFileSync(last, 'within')
  expect(last).toHaveLength(4095)
  // Step by step one gets further down than any path reaches.
  const script = `process.chdir(${JSON.stringify(folder)}); for (let i = 0; i < 3; i++) { fs.mkdirSync('${name}'); process.chdir('${name}') }`
  execFileSync(process.execPath, ['-e', script])
  const manifest = await workspace.backUp()
  const told = manifest.findings.filter(({ code }) => code === 'unreadable')
  expect(told).toHaveLength(1)
  expect(told[0]!.message).toMatch(/ENAMETOOLONG/)
  const paths: string[] = []
  for await (const { path } of workspace.repository.entriesOf(manifest)) paths.push(path)
  expect(paths).toContain(last.slice(workspace.root.length + 1))
  execFileSync('rm', ['-rf', logs])
})
