import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectEqualTrees, makeTree, randomTree, readTree } from '#test/builders/random-tree.ts'
import { recoveryOf } from '#test/builders/recovery-of.ts'
import type { Manifest } from '../repository/manifest.ts'
import { type ExecuteRestoreInput, executeRestore } from './execute-restore.ts'
import { executeUndo } from './execute-undo.ts'
import { readJournal } from './journal.ts'
import { listUndos } from './undo-records.ts'

let workspace: BackedUpWorkspace
let manifest: Manifest
const at = (path: string) => join(workspace.root, path)
const root = () => readTree(Buffer.from(workspace.root))
const items = () => root().filter(({ path }) => !path.startsWith('.orchive-restore-'))
const recovery = () => recoveryOf(workspace.folder, manifest.workspaceId)

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(at('logs/sub'), { recursive: true })
  mkdirSync(at('knowledge-packs'))
  for (let i = 0; i < 3; i++) writeFileSync(at(`logs/run-${i}.jsonl`), `{"run":${i}}\n`)
  writeFileSync(at('knowledge-packs/pack-0.json'), '{"pack":0}')
  writeFileSync(at('logs/sub/inner.txt'), 'inner')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[1,2,3]}')
  manifest = await workspace.backUp()
})

afterEach(() => rmSync(workspace.folder, { recursive: true, force: true }))

function input(more: Partial<ExecuteRestoreInput> = {}): ExecuteRestoreInput {
  const reader = workspace.repository.readerOf(manifest)
  const common = { reader, manifest, paths: [], target: null, items: workspace.resolve().items, root: workspace.root, jobId: newJobId() }
  return { ...common, recovery: recovery(), ...more }
}

const undo = (undoOf: ReturnType<typeof newJobId>, more = {}) => executeUndo({ recovery: recovery(), jobId: newJobId(), undoOf, ...more })

/** Changes of every kind that a restore takes care of. */
function change(): void {
  rmSync(at('logs/run-0.jsonl'))
  rmSync(at('logs/sub'), { recursive: true })
  symlinkSync('/etc', at('logs/sub'))
  rmSync(at('logs/run-2.jsonl'))
  mkdirSync(at('logs/run-2.jsonl/deep'), { recursive: true })
  writeFileSync(at('logs/run-2.jsonl/deep/file'), 'deep')
  rmSync(at('knowledge-packs'), { recursive: true })
  writeFileSync(at('logs/extra'), 'extra')
  chmodSync(at('logs/run-1.jsonl'), 0o600)
  utimesSync(at('logs/run-1.jsonl'), 1_500_000_000, 1_500_000_000)
  utimesSync(at('logs'), 1_600_000_000, 1_600_000_000)
  writeFileSync(at('orchestrator_state.json'), '{"tasks":"changed"}')
}

test('what a restore replaced comes back as it was: the old inodes, extras, modes and times; nothing of either is left over but its quarantine', async () => {
  change()
  const before = items()
  const ino = statSync(at('orchestrator_state.json')).ino
  const jobId = newJobId()
  const restored = await executeRestore(input({ exact: true, jobId }))
  expect(restored).toMatchObject({ undo: jobId, undoUntil: expect.stringMatching(/Z$/) })
  expect(readFileSync(at('orchestrator_state.json'), 'utf8')).toBe('{"tasks":[1,2,3]}')
  const undone = await undo(jobId)
  expect(undone).toMatchObject({ undone: jobId, movedOn: [], archiveId: manifest.id })
  expectEqualTrees(items(), before)
  expect(statSync(at('orchestrator_state.json')).ino).toBe(ino)
  expect(readdirSync(workspace.root).filter((name) => name.startsWith('.orchive-restore-'))).toEqual([`.orchive-restore-${undone.undo}`])
  expect(listUndos(recovery().folder).map(({ journal }) => journal.jobId)).toEqual([undone.undo])
})

test('an undo can be undone: the restored content is back, byte for byte', async () => {
  change()
  const jobId = newJobId()
  await executeRestore(input({ exact: true, jobId }))
  const restored = items()
  const { undo: undoJob } = await undo(jobId)
  await undo(undoJob!)
  expectEqualTrees(items(), restored)
})

test('when the workspace moved on, the paths are named and nothing is touched; with force all of it is kept', async () => {
  change()
  const before = items()
  const jobId = newJobId()
  await executeRestore(input({ exact: true, jobId }))
  appendFileSync(at('orchestrator_state.json'), ' ')
  writeFileSync(at('knowledge-packs/new.json'), '{"new":true}')
  writeFileSync(at('logs/extra'), 'there again')
  rmSync(at('logs/run-0.jsonl'))
  const moved = root()
  await expect(undo(jobId)).rejects.toMatchObject({
    code: 'undo_refused',
    context: {
      movedOn: [
        { path: at('knowledge-packs/new.json'), what: 'added' },
        { path: at('logs/run-0.jsonl'), what: 'gone' },
        { path: at('logs/extra'), what: 'there again' },
        { path: at('orchestrator_state.json'), what: 'changed' },
      ],
    },
  })
  expect(root()).toEqual(moved)
  const { quarantinePath } = await undo(jobId, { force: true })
  expectEqualTrees(items(), before)
  const kept = (path: string) => readFileSync(join(quarantinePath!, 'quarantine', path), 'utf8')
  expect(kept('orchestrator_state.json')).toBe('{"tasks":[1,2,3]} ')
  expect(kept('knowledge-packs/new.json')).toBe('{"new":true}')
  expect(kept('logs/extra')).toBe('there again')
})

test('a restore that replaced nothing has no undo, and an undo is done once', async () => {
  await expect(undo(newJobId())).rejects.toMatchObject({ code: 'undo_unknown' })
  change()
  const jobId = newJobId()
  await executeRestore(input({ jobId }))
  await undo(jobId)
  await expect(undo(jobId)).rejects.toMatchObject({ code: 'undo_unknown' })
  expect(readJournal(recovery())).toBeNull()
})

test('folders that the config put above a missing item go again with the undo', async () => {
  const config = { stateFile: './data/deep/state.json', logsDir: './logs', docsPath: './docs' }
  writeFileSync(at('orchestrator_config.json'), JSON.stringify(config))
  const before = items()
  const jobId = newJobId()
  await executeRestore(input({ jobId, paths: ['orchestrator_state.json'] }))
  expect(readFileSync(at('data/deep/state.json'), 'utf8')).toBe('{"tasks":[1,2,3]}')
  await undo(jobId)
  expectEqualTrees(items(), before)
  expect(existsSync(at('data'))).toBe(false)
})

test('any restore over any tree is undone byte-, mode- and time-equal', async () => {
  await fc.assert(
    fc.asyncProperty(randomTree, randomTree, fc.boolean(), async (before, after, exact) => {
      const random = await makeBackedUpWorkspace()
      try {
        const logs = Buffer.from(join(random.root, 'logs'))
        mkdirSync(logs)
        makeTree(logs, before)
        const manifest = await random.backUp()
        rmSync(logs, { recursive: true })
        mkdirSync(logs)
        makeTree(logs, after)
        const seen = () => readTree(logs)
        const expected = seen()
        const place = recoveryOf(random.folder, manifest.workspaceId)
        const reader = random.repository.readerOf(manifest)
        const jobId = newJobId()
        const { items } = random.resolve()
        const result = await executeRestore({ reader, manifest, paths: [], target: null, items, exact, jobId, recovery: place })
        if (result.undo === null) return
        const restored = seen()
        const undone = await executeUndo({ recovery: place, jobId: newJobId(), undoOf: jobId })
        expect(undone.movedOn).toEqual([])
        expectEqualTrees(seen(), expected)
        await executeUndo({ recovery: place, jobId: newJobId(), undoOf: undone.undo! })
        expectEqualTrees(seen(), restored)
      } finally {
        rmSync(random.folder, { recursive: true, force: true })
      }
    }),
    { numRuns: 15 },
  )
})
