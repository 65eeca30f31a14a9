import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { keepReserve, releaseReserve } from '#lib/services/home/reserve-file.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import { expectEqualTrees, noise, readTree } from '#test/builders/random-tree.ts'
import { recoveryOf } from '#test/builders/recovery-of.ts'
import type { Manifest } from '../repository/manifest.ts'
import { type ExecuteRestoreInput, executeRestore } from './execute-restore.ts'
import { executeUndo } from './execute-undo.ts'
import { journalPath, readJournal } from './journal.ts'
import { settle } from './settle.ts'
import { listUndos } from './undo-records.ts'

const mounts = new Mounts()
let workspace: BackedUpWorkspace
let manifest: Manifest
const at = (path: string) => join(workspace.root, path)
const recovery = () => recoveryOf(workspace.folder, manifest.workspaceId)
/** Without content, which is too long to be shown: its length and beginning do. */
const tree = (folder: string) =>
  readTree(Buffer.from(folder)).map((node) => ({ ...node, content: `${node.content.length} ${node.content.slice(0, 16)}` }))
const logs = () => tree(at('logs')).filter(({ path }) => !path.includes('.orchive-restore-'))

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(at('logs/volume'), { recursive: true })
  mkdirSync(join(workspace.folder, 'disk'))
  writeFileSync(at('logs/top.txt'), 'top')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[1]}')
  mounts.mount(at('logs/volume'), '--bind', join(workspace.folder, 'disk'))
  for (let i = 0; i < 3; i++) writeFileSync(at(`logs/volume/${i}.bin`), noise(700_000, i + 1))
  manifest = await workspace.backUp()
  writeFileSync(at('logs/volume/0.bin'), 'changed')
  rmSync(at('logs/volume/1.bin'))
  writeFileSync(at('logs/volume/extra'), 'extra')
  writeFileSync(at('logs/top.txt'), 'changed')
})

afterEach(() => {
  mounts.unmountAll()
  rmSync(workspace.folder, { recursive: true, force: true })
})

function input(more: Partial<ExecuteRestoreInput> = {}): ExecuteRestoreInput {
  const reader = workspace.repository.readerOf(manifest)
  const common = { reader, manifest, paths: [], target: null, items: workspace.resolve().items, root: workspace.root, jobId: newJobId() }
  return { ...common, exact: true, recovery: recovery(), ...more }
}

test.skipIf(!canMount())('a restore over several volumes is undone on each of them', async () => {
  const before = logs()
  const jobId = newJobId()
  await executeRestore(input({ jobId }))
  expect(existsSync(at('logs/volume/extra'))).toBe(false)
  await executeUndo({ recovery: recovery(), jobId: newJobId(), undoOf: jobId })
  expectEqualTrees(logs(), before)
})

test.skipIf(!canMount())('after a reboot without one of its volumes nothing is settled half; with it everything is', async () => {
  const before = logs()
  await executeRestore(input())
  const after = logs()
  // As if it had been killed when all was swapped and nothing validated.
  const [undo] = listUndos(recovery().folder)
  for (const { path } of undo!.journal.areas) mkdirSync(join(path, 'staged'))
  writeFileSync(journalPath(recovery()), JSON.stringify({ ...undo!.journal, phase: 'swapped' }))
  mounts.unmountAll()
  const without = tree(workspace.root)
  expect(() => settle(recovery())).toThrow(at('logs/volume'))
  expect(tree(workspace.root)).toEqual(without)
  mounts.mount(at('logs/volume'), '--bind', join(workspace.folder, 'disk'))
  expectEqualTrees(logs(), after)
  expect(settle(recovery())).toMatchObject({ outcome: 'rolled-back', phase: 'swapped' })
  expectEqualTrees(logs(), before)
  expect(settle(recovery())).toBeNull()
})

test.skipIf(!canMount())('a volume that runs full while it is staged leaves live untouched, no working folder and no journal', async () => {
  mounts.unmountAll()
  mounts.mountSmallDisk(at('logs/volume'), '2m')
  const before = tree(workspace.root)
  const ballast = at('logs/volume/.orchive-restore-ballast')
  const fill = () => existsSync(ballast) || writeFileSync(ballast, noise(1_200_000, 9))
  await expect(
    executeRestore(input({ paths: ['logs/volume/0.bin', 'logs/volume/1.bin'], onProgress: ({ phase }) => phase === 'stage' && fill() })),
  ).rejects.toMatchObject({ code: 'target_full' })
  rmSync(ballast)
  // The ballast came and went in the volume, and took its time along.
  const timeless = (nodes: typeof before) => nodes.map(({ mtimeNs: _, ...rest }) => rest)
  expect(timeless(tree(workspace.root))).toEqual(timeless(before))
  expect(readJournal(recovery())).toBeNull()
})

test.skipIf(!canMount())('on a full home the reserve makes room for the journal; without one nothing live is touched', async () => {
  const home = join(workspace.folder, 'home')
  mounts.mountSmallDisk(home, '80m')
  const reserve = join(home, 'reserve')
  keepReserve(reserve)
  expect(readdirSync(home)).toEqual(['reserve'])
  mkdirSync(join(home, 'journals'))
  const fill = () => {
    for (let i = 0, size = 8_000_000; size >= 1000; i++) {
      try {
        writeFileSync(join(home, `ballast-${i}-${size}`), noise(size, i))
      } catch {
        size = Math.floor(size / 2)
      }
    }
  }
  fill()
  const place = { ...recovery(), folder: join(home, 'journals'), makeRoom: () => releaseReserve(reserve) }
  const before = logs()
  const jobId = newJobId()
  const { undo } = await executeRestore(input({ jobId, recovery: place }))
  expect(undo).toBe(jobId)
  expect(existsSync(reserve)).toBe(false)
  await executeUndo({ recovery: place, jobId: newJobId(), undoOf: jobId })
  expectEqualTrees(logs(), before)
  fill()
  await expect(executeRestore(input({ recovery: place }))).rejects.toMatchObject({ code: expect.any(String) })
  expectEqualTrees(logs(), before)
})
