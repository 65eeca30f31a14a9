import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectEqualTrees, makeTree, noise, randomTree, readTree } from '#test/builders/random-tree.ts'
import { executeRestore } from './execute-restore.ts'

test('any tree comes back into an empty target byte- and mode-equal, with times within 1 µs', async () => {
  await fc.assert(
    fc.asyncProperty(randomTree, async (nodes) => {
      const workspace = await makeBackedUpWorkspace()
      try {
        const logs = Buffer.from(join(workspace.root, 'logs'))
        mkdirSync(logs)
        makeTree(logs, nodes)
        const manifest = await workspace.backUp()
        expect(manifest.findings.filter((finding) => finding.code !== 'item_missing')).toEqual([])
        const target = join(workspace.folder, 'out')
        const reader = workspace.repository.readerOf(manifest)
        const result = await executeRestore({ reader, manifest, paths: [], target, items: [], jobId: newJobId() })
        expect(result.warnings).toEqual([])
        expect(result.provenFiles).toBe(result.restoredFiles)
        expectEqualTrees(readTree(Buffer.from(join(target, 'logs'))), readTree(logs))
      } finally {
        rmSync(workspace.folder, { recursive: true, force: true })
      }
    }),
    { numRuns: 15 },
  )
})

test('any tree comes back in place over any other tree, and an exact restore leaves nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(randomTree, randomTree, async (before, after) => {
      const workspace = await makeBackedUpWorkspace()
      try {
        const logs = Buffer.from(join(workspace.root, 'logs'))
        mkdirSync(logs)
        makeTree(logs, before)
        const expected = readTree(logs)
        const top = lstatSync(logs, { bigint: true }).mtimeNs
        const manifest = await workspace.backUp()
        rmSync(logs, { recursive: true })
        mkdirSync(logs)
        makeTree(logs, after)
        const reader = workspace.repository.readerOf(manifest)
        const { items } = workspace.resolve()
        const result = await executeRestore({ reader, manifest, paths: [], target: null, items, exact: true, jobId: newJobId() })
        expect(result.warnings).toEqual([])
        expect(result.provenFiles).toBe(result.restoredFiles)
        expectEqualTrees(readTree(logs), expected)
        const apart = lstatSync(logs, { bigint: true }).mtimeNs - top
        expect(apart < 1000n && apart > -1000n).toBe(true)
      } finally {
        rmSync(workspace.folder, { recursive: true, force: true })
      }
    }),
    { numRuns: 15 },
  )
})

test('a swap that fails at any step leaves any tree exactly as it was', async () => {
  let failures = 0
  await fc.assert(
    fc.asyncProperty(randomTree, randomTree, fc.nat(), async (before, after, pick) => {
      const workspace = await makeBackedUpWorkspace()
      try {
        const logs = Buffer.from(join(workspace.root, 'logs'))
        mkdirSync(logs)
        makeTree(logs, before)
        const manifest = await workspace.backUp()
        rmSync(logs, { recursive: true })
        mkdirSync(logs)
        makeTree(logs, after)
        const expected = readTree(Buffer.from(workspace.root))
        const reader = workspace.repository.readerOf(manifest)
        const { items } = workspace.resolve()
        // A staged path that vanishes makes the step fail that would move it in.
        const beforeSwap = async () => {
          const area = readdirSync(workspace.root).find((name) => name.startsWith('.orchive-restore-'))!
          const staged = readdirSync(join(workspace.root, area, 'staged'))
          if (staged.length > 0) rmSync(join(workspace.root, area, 'staged', staged[pick % staged.length]!))
          return null
        }
        try {
          await executeRestore({ reader, manifest, paths: [], target: null, items, exact: true, jobId: newJobId(), beforeSwap })
        } catch (error) {
          failures++
          expect(String(error)).toContain('put back as it was')
          expectEqualTrees(readTree(Buffer.from(workspace.root)), expected)
        }
      } finally {
        rmSync(workspace.folder, { recursive: true, force: true })
      }
    }),
    { numRuns: 15 },
  )
  expect(failures).toBeGreaterThan(2)
})

test('restores large enough for worker threads give the same trees, and zero runs become holes', async () => {
  const workspace = await makeBackedUpWorkspace()
  const logs = join(workspace.root, 'logs')
  mkdirSync(join(logs, 'deep/er'), { recursive: true })
  for (let i = 0; i < 6; i++) writeFileSync(join(logs, `run-${i}.bin`), noise(4_000_000 + i * 7919, i + 1))
  for (let i = 0; i < 1500; i++) writeFileSync(join(logs, 'deep/er', `pack-${i}.json`), `{"n":${i}}`)
  const sparse = Buffer.concat([noise(5000, 3), Buffer.alloc(9_000_000), noise(100, 4), Buffer.alloc(3_000_000)])
  writeFileSync(join(logs, 'sparse.bin'), sparse)
  chmodSync(join(logs, 'deep'), 0o555)
  const manifest = await workspace.backUp()
  const target = join(workspace.folder, 'out')
  const result = await executeRestore({
    reader: workspace.repository.readerOf(manifest),
    manifest,
    paths: [],
    target,
    items: [],
    jobId: newJobId(),
  })
  expect(result).toMatchObject({ restoredFiles: 1508, provenFiles: 1508, warnings: [], undo: null })
  expectEqualTrees(readTree(Buffer.from(join(target, 'logs'))), readTree(Buffer.from(logs)))
  const stat = lstatSync(join(target, 'logs/sparse.bin'))
  expect(stat.size).toBe(sparse.length)
  expect(stat.blocks * 512).toBeLessThan(100_000)
  for (const folder of [logs, join(target, 'logs')]) chmodSync(join(folder, 'deep'), 0o755)
  rmSync(workspace.folder, { recursive: true })
})
