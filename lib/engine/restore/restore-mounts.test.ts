import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import { noise } from '#test/builders/random-tree.ts'
import type { Manifest } from '../repository/manifest.ts'
import { type ExecuteRestoreInput, executeRestore } from './execute-restore.ts'
import { planRestore } from './plan-restore.ts'

const mounts = new Mounts()
const mount = (at: string, ...options: string[]) => mounts.mount(at, ...options)

let workspace: BackedUpWorkspace
let manifest: Manifest
const at = (path: string) => join(workspace.root, path)

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(at('logs/volume'), { recursive: true })
  writeFileSync(at('logs/volume/a.bin'), noise(700_000, 1))
  writeFileSync(at('logs/volume/b.bin'), noise(700_000, 2))
  writeFileSync(at('logs/top.txt'), 'top')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[1]}')
  manifest = await workspace.backUp()
})

afterEach(() => {
  mounts.unmountAll()
  rmSync(workspace.folder, { recursive: true, force: true })
})

const input = (more: Partial<ExecuteRestoreInput> = {}): ExecuteRestoreInput => {
  const { items } = workspace.resolve()
  return {
    reader: workspace.repository.readerOf(manifest),
    manifest,
    paths: [],
    target: null,
    items,
    root: workspace.root,
    jobId: newJobId(),
    ...more,
  }
}

test.skipIf(!canMount())('a target with too little room is refused with free and needed bytes, and nothing is written', async () => {
  const target = join(workspace.folder, 'small')
  mkdirSync(target)
  mount(target, '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs')
  const plan = await planRestore(input({ target }))
  expect(plan.problems).toMatchObject([{ severity: 'error', code: 'target_full' }])
  await expect(executeRestore(input({ target }))).rejects.toMatchObject({
    code: 'target_full',
    message: expect.stringMatching(/needs 1\.4 MB .* only 1\.0 MB are free/),
  })
  expect(readdirSync(target)).toEqual([])
})

test.skipIf(!canMount())('a target that runs full in the middle is emptied again; in place the live side is untouched', async () => {
  const target = join(workspace.folder, 'small')
  mkdirSync(target)
  mount(target, '-t', 'tmpfs', '-o', 'size=3m', 'tmpfs')
  // Somebody else takes the room after the plan was made.
  const inner = join(target, 'out')
  const attempt = executeRestore(
    input({
      target: inner,
      onProgress: ({ phase }) =>
        phase === 'stage' && !existsSync(join(target, 'ballast')) && writeFileSync(join(target, 'ballast'), noise(2_200_000, 9)),
    }),
  )
  await expect(attempt).rejects.toMatchObject({
    code: 'target_full',
    context: { neededBytes: expect.any(Number), freeBytes: expect.any(Number) },
  })
  expect(existsSync(inner) ? readdirSync(inner) : []).toEqual([])
  rmSync(join(target, 'ballast'))
  // In place: the volume of the logs runs full while it is staged.
  rmSync(at('logs/volume'), { recursive: true })
  mkdirSync(at('logs/volume'))
  mount(at('logs/volume'), '-t', 'tmpfs', '-o', 'size=3m', 'tmpfs')
  rmSync(at('logs/top.txt'))
  // Under a name that plans pass over.
  const ballast = at('logs/volume/.orchive-restore-ballast')
  const again = executeRestore(
    input({
      onProgress: ({ phase }) => phase === 'stage' && !existsSync(ballast) && writeFileSync(ballast, noise(2_200_000, 9)),
    }),
  )
  await expect(again).rejects.toMatchObject({ code: 'target_full' })
  expect(existsSync(at('logs/top.txt'))).toBe(false)
  expect(readdirSync(at('logs/volume'))).toEqual(['.orchive-restore-ballast'])
  expect(readdirSync(workspace.root).filter((name) => name.startsWith('.orchive-restore-'))).toEqual([])
})

test.skipIf(!canMount())('a volume inside an item is restored by staging on the volume itself', async () => {
  rmSync(at('logs/volume'), { recursive: true })
  mkdirSync(at('logs/volume'))
  mount(at('logs/volume'), '-t', 'tmpfs', 'tmpfs')
  writeFileSync(at('logs/volume/b.bin'), 'changed')
  rmSync(at('logs/top.txt'))
  const result = await executeRestore(input({ exact: true }))
  expect(result).toMatchObject({ restoredFiles: 3, provenFiles: 3, quarantinedFiles: 1, warnings: [] })
  expect(readFileSync(at('logs/volume/a.bin')).equals(noise(700_000, 1))).toBe(true)
  expect(readFileSync(at('logs/volume/b.bin')).equals(noise(700_000, 2))).toBe(true)
  const staging = readdirSync(at('logs/volume')).filter((name) => name.startsWith('.orchive-restore-'))
  expect(readFileSync(join(at('logs/volume'), staging[0]!, 'quarantine/b.bin'), 'utf8')).toBe('changed')
  // The next backup and the next exact restore do not see the working folders.
  expect((await planRestore(input({ exact: true }))).counts).toMatchObject({ extra: 0, quarantine: 0, create: 0, overwrite: 0 })
})

test.skipIf(!canMount())('a file that is a mount of its own cannot be swapped, which the plan says', async () => {
  const outside = join(workspace.folder, 'state-outside.json')
  writeFileSync(outside, '{"tasks":"elsewhere"}')
  mount(at('orchestrator_state.json'), '--bind', outside)
  await expect(executeRestore(input())).rejects.toMatchObject({ code: 'target_unusable', message: expect.stringContaining('mount point') })
  expect(readFileSync(at('orchestrator_state.json'), 'utf8')).toBe('{"tasks":"elsewhere"}')
})

test.skipIf(!canMount())('a read-only target is named', async () => {
  const target = join(workspace.folder, 'readonly')
  mkdirSync(target)
  mount(target, '-t', 'tmpfs', '-o', 'ro', 'tmpfs')
  await expect(executeRestore(input({ target: join(target, 'out') }))).rejects.toMatchObject({ code: 'target_unusable' })
  await expect(executeRestore(input({ target }))).rejects.toMatchObject({ code: 'target_unusable' })
})
