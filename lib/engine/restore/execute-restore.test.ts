import {
  appendFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ArchiveId, newJobId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { craftArchive } from '#test/builders/crafted-archive.ts'
import { FaultStorage } from '#test/builders/fault-storage.ts'
import { expectEqualTrees, readTree } from '#test/builders/random-tree.ts'
import type { Manifest } from '../repository/manifest.ts'
import { openRepository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { type ExecuteRestoreInput, executeRestore } from './execute-restore.ts'
import { planRestore } from './plan-restore.ts'

let workspace: BackedUpWorkspace
let manifest: Manifest
const at = (path: string) => join(workspace.root, path)
const root = () => readTree(Buffer.from(workspace.root))

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(at('logs/sub'), { recursive: true })
  mkdirSync(at('knowledge-packs'))
  for (let i = 0; i < 5; i++) writeFileSync(at(`logs/run-${i}.jsonl`), `{"run":${i}}\n`)
  for (let i = 0; i < 5; i++) writeFileSync(at(`knowledge-packs/pack-${i}.json`), `{"pack":${i}}`)
  writeFileSync(at('logs/sub/inner.txt'), 'inner')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[1,2,3]}')
  manifest = await workspace.backUp()
})

afterEach(() => rmSync(workspace.folder, { recursive: true, force: true }))

function input(more: Partial<ExecuteRestoreInput> = {}): ExecuteRestoreInput {
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

const staging = () => readdirSync(workspace.root).filter((name) => name.startsWith('.orchive-restore-'))

test('in place: what is missing or changed comes back, the rest keeps its inode, and what was replaced is kept in quarantine', async () => {
  rmSync(at('logs/run-1.jsonl'))
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[]}')
  const old = statSync(at('orchestrator_state.json')).ino
  const untouched = statSync(at('logs/run-0.jsonl')).ino
  const safetyArchiveId: ArchiveId = `arc_${'0'.repeat(24)}`
  const seen: string[] = []
  const jobId = newJobId()
  const result = await executeRestore(
    input({
      jobId,
      beforeSwap: async (plan) => {
        seen.push(plan.digest, readFileSync(at('orchestrator_state.json'), 'utf8'))
        return safetyArchiveId
      },
    }),
  )
  expect(seen[1]).toBe('{"tasks":[]}')
  expect(result).toMatchObject({ restoredFiles: 2, provenFiles: 2, quarantinedFiles: 1, safetyArchiveId, undo: jobId, warnings: [] })
  expect(readFileSync(at('orchestrator_state.json'), 'utf8')).toBe('{"tasks":[1,2,3]}')
  expect(readFileSync(at('logs/run-1.jsonl'), 'utf8')).toBe('{"run":1}\n')
  expect(statSync(at('logs/run-0.jsonl')).ino).toBe(untouched)
  expect(result.quarantinePath).toBe(at(`.orchive-restore-${jobId}`))
  expect(statSync(join(result.quarantinePath!, 'quarantine/orchestrator_state.json')).ino).toBe(old)
  expect(readdirSync(result.quarantinePath!).sort()).toEqual(['quarantine', 'quarantine.json', 'steps.ndjson'])
  const record = JSON.parse(readFileSync(join(result.quarantinePath!, 'quarantine.json'), 'utf8'))
  expect(record).toMatchObject({ jobId, archiveId: manifest.id, safetyArchiveId })
  expect(record.moves.map((move: { did: string; path: string }) => [move.did, move.path])).toEqual([
    ['made', at('logs/run-1.jsonl')],
    ['replaced', at('orchestrator_state.json')],
  ])
})

test('a restore that finds everything as it is touches nothing and takes no safety archive', async () => {
  const before = root()
  const result = await executeRestore(input({ beforeSwap: () => Promise.reject(new Error('not needed')) }))
  expect(result).toMatchObject({ restoredFiles: 0, undo: null, quarantinePath: null, safetyArchiveId: null })
  expect(root()).toEqual(before)
})

test('the second restore after one finds nothing to do', async () => {
  rmSync(at('logs/sub'), { recursive: true })
  await executeRestore(input())
  const plan = await planRestore(input())
  expect(plan.counts).toMatchObject({ create: 0, overwrite: 0, attributes: 0 })
})

test('exact moves extras to quarantine, folders whole; otherwise they stay', async () => {
  mkdirSync(at('logs/extra/deep'), { recursive: true })
  writeFileSync(at('logs/extra/deep/file'), 'mine')
  writeFileSync(at('logs/other'), 'mine too')
  expect(await executeRestore(input())).toMatchObject({ quarantinedFiles: 0 })
  expect(readFileSync(at('logs/other'), 'utf8')).toBe('mine too')
  const result = await executeRestore(input({ exact: true }))
  expect(result.quarantinedFiles).toBe(2)
  expect(existsSync(at('logs/extra'))).toBe(false)
  expect(readFileSync(join(result.quarantinePath!, 'quarantine/logs/extra/deep/file'), 'utf8')).toBe('mine')
})

test('a reviewed plan that no longer fits what is live is refused, and nothing is touched', async () => {
  writeFileSync(at('logs/run-1.jsonl'), 'changed')
  const { digest } = await planRestore(input())
  appendFileSync(at('logs/run-1.jsonl'), 'and again')
  await expect(executeRestore(input({ digest }))).rejects.toMatchObject({ code: 'plan_stale' })
  expect(readFileSync(at('logs/run-1.jsonl'), 'utf8')).toBe('changedand again')
  expect(staging()).toEqual([])
})

test('a lost file comes back by its reviewed plan although the orchestrator rewrites its state before and while it runs', async () => {
  rmSync(at('knowledge-packs/pack-2.json'))
  const request = { paths: ['knowledge-packs/pack-2.json'] }
  const { digest } = await planRestore(input(request))
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[1,2,3,4]}')
  const beforeSwap = async () => {
    writeFileSync(at('orchestrator_state.json'), '{"tasks":[1,2,3,4,5]}')
    return null
  }
  expect(await executeRestore(input({ ...request, digest, beforeSwap }))).toMatchObject({ restoredFiles: 1, provenFiles: 1 })
  expect(readFileSync(at('knowledge-packs/pack-2.json'), 'utf8')).toBe('{"pack":2}')
  expect(readFileSync(at('orchestrator_state.json'), 'utf8')).toBe('{"tasks":[1,2,3,4,5]}')
})

test('a live file that changes between staging and swap stops the restore before it touches anything', async () => {
  writeFileSync(at('logs/run-1.jsonl'), 'changed')
  rmSync(at('logs/run-2.jsonl'))
  const attempt = executeRestore(
    input({
      beforeSwap: async () => {
        appendFileSync(at('logs/run-1.jsonl'), ' more')
        return null
      },
    }),
  )
  await expect(attempt).rejects.toMatchObject({ code: 'plan_stale', message: expect.stringContaining('run-1.jsonl') })
  expect(existsSync(at('logs/run-2.jsonl'))).toBe(false)
  expect(staging()).toEqual([])
})

test('a parent that is swapped for a symlink between plan and swap redirects nothing', async () => {
  const outside = join(workspace.folder, 'outside')
  mkdirSync(outside)
  rmSync(at('logs/sub/inner.txt'))
  const attempt = executeRestore(
    input({
      beforeSwap: async () => {
        renameSync(at('logs/sub'), at('logs/moved'))
        symlinkSync(outside, at('logs/sub'))
        return null
      },
    }),
  )
  await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(/path_unsafe|plan_stale/) })
  expect(readdirSync(outside)).toEqual([])
  expect(staging()).toEqual([])
})

test('a step that fails takes back all steps before it', async () => {
  rmSync(at('knowledge-packs/pack-1.json'))
  writeFileSync(at('knowledge-packs/pack-2.json'), 'changed')
  writeFileSync(at('logs/extra'), 'extra')
  rmSync(at('logs/sub'), { recursive: true })
  symlinkSync('/etc', at('logs/sub'))
  writeFileSync(at('orchestrator_state.json'), '{"tasks":"changed"}')
  utimesSync(at('logs'), 1_600_000_000, 1_600_000_000)
  const before = root()
  const attempt = executeRestore(
    input({
      exact: true,
      onProgress: ({ phase, filesDone }) => {
        if (phase !== 'swap' || filesDone > 0) return
        // The last step will find its staged file gone.
        const staged = join(workspace.root, staging()[0]!, 'staged')
        const last = Math.max(...readdirSync(staged).map(Number))
        rmSync(join(staged, String(last)))
      },
    }),
  )
  await expect(attempt).rejects.toMatchObject({
    message: expect.stringContaining('put back as it was'),
    context: { path: at('orchestrator_state.json') },
  })
  expectEqualTrees(root(), before)
})

test('a cancel while staging leaves the live side untouched and no working folder', async () => {
  for (let i = 0; i < 5; i++) rmSync(at(`logs/run-${i}.jsonl`))
  const before = root()
  const controller = new AbortController()
  const attempt = executeRestore(input({ signal: controller.signal, onLog: () => controller.abort() }))
  await expect(attempt).rejects.toMatchObject({ code: 'cancelled' })
  expect(root()).toEqual(before)
})

test('a cancelled restore into a target keeps whole files and says how many', async () => {
  const target = join(workspace.folder, 'out')
  const controller = new AbortController()
  const attempt = executeRestore(
    input({ target, signal: controller.signal, onProgress: ({ phase }) => phase === 'stage' && controller.abort() }),
  )
  await expect(attempt).rejects.toMatchObject({ code: 'cancelled', context: { target } })
})

test('hard links come back as links, to a live file that stays as well, and as a file when the other name is not restored', async () => {
  linkSync(at('logs/run-0.jsonl'), at('logs/twin.jsonl'))
  manifest = await workspace.backUp()
  rmSync(at('logs/twin.jsonl'))
  await executeRestore(input())
  expect(statSync(at('logs/twin.jsonl')).ino).toBe(statSync(at('logs/run-0.jsonl')).ino)
  rmSync(at('logs/twin.jsonl'))
  rmSync(at('logs/run-0.jsonl'))
  await executeRestore(input())
  expect(statSync(at('logs/twin.jsonl')).ino).toBe(statSync(at('logs/run-0.jsonl')).ino)
  const target = join(workspace.folder, 'out')
  await executeRestore(input({ target, paths: ['logs/twin.jsonl'] }))
  expect(readFileSync(join(target, 'logs/twin.jsonl'), 'utf8')).toBe('{"run":0}\n')
})

test('a missing item comes back with the folders that the config puts above it', async () => {
  writeFileSync(
    at('orchestrator_config.json'),
    JSON.stringify({ stateFile: './data/deep/state.json', logsDir: './logs', docsPath: './docs' }),
  )
  await executeRestore(input({ paths: ['orchestrator_state.json'] }))
  expect(readFileSync(at('data/deep/state.json'), 'utf8')).toBe('{"tasks":[1,2,3]}')
})

test('into a target that holds something: conflict modes merge, what is replaced goes to quarantine there', async () => {
  const target = join(workspace.folder, 'out')
  mkdirSync(join(target, 'logs'), { recursive: true })
  writeFileSync(join(target, 'logs/run-1.jsonl'), 'mine')
  await expect(executeRestore(input({ target }))).rejects.toMatchObject({ code: 'target_not_empty' })
  expect(readdirSync(join(target, 'logs'))).toEqual(['run-1.jsonl'])
  const skipped = await executeRestore(input({ target, conflict: 'skip' }))
  expect(skipped).toMatchObject({ skippedFiles: 1, undo: null })
  expect(readFileSync(join(target, 'logs/run-1.jsonl'), 'utf8')).toBe('mine')
  const replaced = await executeRestore(input({ target, conflict: 'overwrite' }))
  expect(replaced).toMatchObject({ restoredFiles: 1, quarantinedFiles: 1, undo: null })
  expect(readFileSync(join(replaced.quarantinePath!, 'quarantine/logs/run-1.jsonl'), 'utf8')).toBe('mine')
})

const hostile: [string, Parameters<typeof craftArchive>[2]][] = [
  [
    'a path with ..',
    [
      { path: 'logs', type: 'dir' },
      { path: 'logs/../../escaped', content: Buffer.from('x') },
    ],
  ],
  ['a path that starts with ..', [{ path: '../escaped', content: Buffer.from('x') }]],
  ['an absolute path', [{ path: '/tmp/orchive-escaped', content: Buffer.from('x') }]],
  ['a path of one dot', [{ path: './escaped', content: Buffer.from('x') }]],
  [
    'a file under a symlink',
    [
      { path: 'logs', type: 'symlink', linkTarget: '..' },
      { path: 'logs/escaped', content: Buffer.from('x') },
    ],
  ],
  [
    'one path twice',
    [
      { path: 'logs', type: 'symlink', linkTarget: '..' },
      { path: 'logs', type: 'dir' },
    ],
  ],
  [
    'a hard link to outside',
    [
      { path: 'logs', type: 'dir' },
      { path: 'logs/a', type: 'hardlink', linkTarget: '../../etc/passwd' },
    ],
  ],
  ['a file without its folder', [{ path: 'logs/sub/a', content: Buffer.from('x') }]],
  ['a top name that is no item', [{ path: 'elsewhere', content: Buffer.from('x') }]],
]
test.each(hostile)('a crafted archive is refused before anything is written: %s', async (_, entries) => {
  const crafted = await craftArchive(workspace.repository, manifest, entries)
  const before = readTree(Buffer.from(workspace.folder))
  const reader = workspace.repository.readerOf(crafted)
  for (const target of [null, join(workspace.folder, 'out')]) {
    await expect(executeRestore(input({ reader, manifest: crafted, target }))).rejects.toMatchObject({ code: 'path_unsafe' })
  }
  expect(readTree(Buffer.from(workspace.folder))).toEqual(before)
})

test('content that is not what its entry says never becomes live; into a target the file is left out and named', async () => {
  const crafted = await craftArchive(workspace.repository, manifest, [
    { path: 'logs', type: 'dir' },
    { path: 'logs/good.txt', content: Buffer.from('good') },
    { path: 'logs/lies.txt', content: Buffer.from('not what it says'), sha256: 'a'.repeat(64) },
    { path: 'logs/lost.txt', content: Buffer.from('lost'), frames: ['b'.repeat(64), 'c'.repeat(64)] },
  ])
  const reader = workspace.repository.readerOf(crafted)
  const before = root()
  await expect(executeRestore(input({ reader, manifest: crafted, paths: ['logs/lost.txt'] }))).rejects.toMatchObject({
    code: 'frame_missing',
  })
  await expect(executeRestore(input({ reader, manifest: crafted, paths: ['logs/lies.txt'] }))).rejects.toThrow('logs/lies.txt')
  expect(root()).toEqual(before)
  const target = join(workspace.folder, 'out')
  const result = await executeRestore(input({ reader, manifest: crafted, target, paths: ['logs/good.txt', 'logs/lost.txt'] }))
  expect(result).toMatchObject({ restoredFiles: 1, warnings: [{ path: 'logs/lost.txt', code: 'frame_missing' }] })
  expect(readdirSync(join(target, 'logs'))).toEqual(['good.txt'])
})

test('symlinks are restored as they are, never followed, never a way to write', async () => {
  const outside = join(workspace.folder, 'outside.txt')
  writeFileSync(outside, 'outside')
  rmSync(at('logs/run-1.jsonl'))
  symlinkSync(outside, at('logs/run-1.jsonl'))
  await executeRestore(input())
  expect(readFileSync(outside, 'utf8')).toBe('outside')
  expect(lstatSync(at('logs/run-1.jsonl')).isFile()).toBe(true)
})

test('a file of a long history comes into a target without the largest index: its frames and the folders above it are looked for', async () => {
  for (let i = 0; i < 100; i++) writeFileSync(at(`logs/sub/many-${i}.txt`), `${i}`)
  await workspace.backUp()
  writeFileSync(at('logs/sub/inner.txt'), 'changed since')
  manifest = await workspace.backUp()
  const disk = new FaultStorage(openLocalStorage(workspace.repository.storage.location))
  const looking = await openRepository(disk)
  const target = join(workspace.folder, 'target')
  const result = await executeRestore(input({ reader: looking.readerOf(manifest), target, paths: ['logs/sub/inner.txt'] }))
  looking.close()
  expect(result).toMatchObject({ restoredFiles: 1, provenFiles: 1, warnings: [] })
  expect(readFileSync(join(target, 'logs/sub/inner.txt'), 'utf8')).toBe('changed since')
  const sizes: number[] = []
  for await (const { name, sizeBytes } of workspace.repository.storage.list('packs/')) if (name.endsWith('.idx.zst')) sizes.push(sizeBytes)
  const read = disk.calls.filter(({ verb, name }) => verb === 'get' && name?.endsWith('.idx.zst')).map(({ name }) => name!)
  const readSizes = await Promise.all(read.map(async (name) => (await workspace.repository.storage.stat(name))!.sizeBytes))
  expect(readSizes.length).toBeGreaterThan(0)
  expect(Math.max(...readSizes)).toBeLessThan(Math.max(...sizes))
})
