import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectEqualTrees, readTree } from '#test/builders/random-tree.ts'
import { recoveryOf } from '#test/builders/recovery-of.ts'
import type { Manifest } from '../repository/manifest.ts'
import { executeRestore } from './execute-restore.ts'
import { executeUndo } from './execute-undo.ts'

/** The packs come before the logs in the archive, and lie in them. */
const CONFIG = {
  docsPath: './docs',
  logsDir: './logs',
  stateFile: './logs/deep/state.json',
  knowledgePackDir: './logs/deep/knowledge-packs',
}

let workspace: BackedUpWorkspace
let manifest: Manifest
const at = (path: string) => join(workspace.root, path)
/** Without what a restore keeps beside the items. */
const root = () => readTree(Buffer.from(workspace.root)).filter(({ path }) => !path.startsWith('.orchive-restore-'))

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace({ config: CONFIG })
  mkdirSync(at('logs/deep/knowledge-packs'), { recursive: true })
  writeFileSync(at('logs/deep/knowledge-packs/a.json'), '{"a":1}')
  writeFileSync(at('logs/deep/state.json'), '{"tasks":[1]}')
  writeFileSync(at('logs/deep/run.jsonl'), '{}\n')
  writeFileSync(at('logs/top.jsonl'), '{}\n')
  manifest = await workspace.backUp()
})
afterEach(() => rmSync(workspace.folder, { recursive: true }))

const restore = (beforeSwap = async () => null as null) => {
  const { items } = workspace.resolve()
  const reader = workspace.repository.readerOf(manifest)
  return executeRestore({ reader, manifest, paths: [], target: null, items, root: workspace.root, jobId: newJobId(), beforeSwap })
}

test('an outer item that is gone with all the items in it comes back whole', async () => {
  const before = root().map(({ path, content, mode }) => ({ path, content, mode }))
  rmSync(at('logs'), { recursive: true })
  expect(await restore()).toMatchObject({ restoredFiles: 4, provenFiles: 4, quarantinedFiles: 0 })
  expect(root().map(({ path, content, mode }) => ({ path, content, mode }))).toEqual(before)
})

test.each([0, 1, 2, 3])('when the swap of its file %i fails, nothing of it is left', async (lost) => {
  rmSync(at('logs'), { recursive: true })
  const before = root()
  const beforeSwap = async () => {
    const area = readdirSync(workspace.root).find((name) => name.startsWith('.orchive-restore-'))!
    const staged = join(at(area), 'staged')
    rmSync(join(staged, readdirSync(staged).sort()[lost]!))
    return null
  }
  await expect(restore(beforeSwap)).rejects.toThrow('put back as it was')
  expectEqualTrees(root(), before)
  expect(readdirSync(workspace.root)).toEqual(['orchestrator_config.json'])
})

test('its undo takes all of it away again, whatever the order of the items', async () => {
  rmSync(at('logs'), { recursive: true })
  const before = root()
  const { items } = workspace.resolve()
  const reader = workspace.repository.readerOf(manifest)
  const recovery = recoveryOf(workspace.folder, manifest.workspaceId)
  const jobId = newJobId()
  await executeRestore({ reader, manifest, paths: [], target: null, items, root: workspace.root, jobId, recovery })
  const restored = root()
  const { undo, movedOn } = await executeUndo({ recovery, jobId: newJobId(), undoOf: jobId })
  expect(movedOn).toEqual([])
  expectEqualTrees(root(), before)
  await executeUndo({ recovery, jobId: newJobId(), undoOf: undo! })
  expectEqualTrees(root(), restored)
})
