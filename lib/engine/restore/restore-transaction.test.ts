import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '#lib/base/errors.ts'
import { type ArchiveId, newJobId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectEqualTrees, readTree } from '#test/builders/random-tree.ts'
import { recoveryOf } from '#test/builders/recovery-of.ts'
import { SLOTS } from '#test/builders/sealed.ts'
import type { Manifest } from '../repository/manifest.ts'
import { type ExecuteRestoreInput, executeRestore } from './execute-restore.ts'
import { executeUndo } from './execute-undo.ts'
import { journalPath, lockPath, readJournal } from './journal.ts'
import { planRestore } from './plan-restore.ts'
import { takeRestoreLock } from './restore-lock.ts'
import type { RestoreStepName } from './restore-types.ts'
import type { RuntimePort } from './runtime-port.ts'
import { settle } from './settle.ts'
import { listUndos } from './undo-records.ts'

let workspace: BackedUpWorkspace
let manifest: Manifest
const at = (path: string) => join(workspace.root, path)
const seen = () => readTree(Buffer.from(workspace.root))
const recovery = () => recoveryOf(workspace.folder, manifest.workspaceId)
const working = () => readdirSync(workspace.root).filter((name) => name.startsWith('.orchive-restore-'))

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace({ slots: SLOTS })
  mkdirSync(at('logs/sub'), { recursive: true })
  for (let i = 0; i < 4; i++) writeFileSync(at(`logs/run-${i}.jsonl`), `{"run":${i}}\n`)
  writeFileSync(at('logs/sub/inner.txt'), 'inner')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[{"id":1},{"id":2}]}')
  manifest = await workspace.backUp()
  rmSync(at('logs/run-0.jsonl'))
  rmSync(at('logs/sub'), { recursive: true })
  symlinkSync('/etc', at('logs/sub'))
  writeFileSync(at('logs/extra'), 'extra')
  rmSync(at('logs/run-3.jsonl'))
  mkdirSync(at('logs/run-3.jsonl/deep'), { recursive: true })
  writeFileSync(at('logs/run-3.jsonl/deep/file'), 'deep')
  chmodSync(at('logs/run-2.jsonl'), 0o600)
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[{"id":2,"status":"changed"},{"id":3}],"count":1}')
})

afterEach(() => rmSync(workspace.folder, { recursive: true, force: true }))

function input(more: Partial<ExecuteRestoreInput> = {}): ExecuteRestoreInput {
  const reader = workspace.repository.readerOf(manifest)
  const common = { reader, manifest, paths: [], target: null, items: workspace.resolve().items, root: workspace.root, jobId: newJobId() }
  return { ...common, exact: true, recovery: recovery(), ...more }
}

const SAFETY: ArchiveId = `arc_${'0'.repeat(24)}`

/** A runtime that writes down what it was told; `onStop` is what the orchestrator does while it stops. */
function runtimeOf(told: string[], more: Partial<RuntimePort> & { onStop?: () => void } = {}): RuntimePort {
  const { onStop, ...overrides } = more
  const say = (what: string) => {
    told.push(what)
    return Promise.resolve({ outcome: 'proven' as const, message: `${what} was seen.` })
  }
  return {
    stop: () => {
      onStop?.()
      return say('stop')
    },
    proveStopped: () => say('prove'),
    start: () => say('start'),
    awaitHealthy: () => say('health'),
    ...overrides,
  }
}

test('the orchestrator is stopped after the safety archive and started after the validation; each step tells what was seen', async () => {
  const told: string[] = []
  const beforeSwap = async () => {
    told.push('safety')
    return SAFETY
  }
  const { steps, safetyArchiveId } = await executeRestore(input({ runtime: runtimeOf(told), beforeSwap }))
  expect(told).toEqual(['safety', 'stop', 'prove', 'start', 'health'])
  const names: RestoreStepName[] = ['stage', 'safety', 'stop', 'prove-stopped', 'second-look', 'swap', 'validate', 'start', 'health']
  expect(steps.map(({ name }) => name)).toEqual(names)
  expect(steps.every(({ outcome }) => outcome === 'done')).toBe(true)
  expect(steps.find(({ name }) => name === 'prove-stopped')).toMatchObject({ message: 'prove was seen.', at: expect.stringMatching(/Z$/) })
  expect(safetyArchiveId).toBe(SAFETY)
})

test('without a runtime the steps say that stopping and starting is up to somebody else', async () => {
  const { steps } = await executeRestore(input())
  const skipped = steps.filter(({ outcome }) => outcome === 'skipped').map(({ name }) => name)
  expect(skipped).toEqual(['safety', 'stop', 'prove-stopped', 'start', 'health'])
})

test('where nothing is configured to stop it, it is only seen to that nothing runs', async () => {
  const told: string[] = []
  const { steps } = await executeRestore(input({ runtime: runtimeOf(told, { isConfigured: false }) }))
  expect(told).toEqual(['prove'])
  expect(steps.filter(({ outcome }) => outcome === 'skipped').map(({ name }) => name)).toEqual(['safety', 'stop', 'start', 'health'])
})

test('a cancel after the stop touches nothing, and the orchestrator runs again', async () => {
  const before = seen()
  const told: string[] = []
  const controller = new AbortController()
  const onProgress: ExecuteRestoreInput['onProgress'] = ({ phase }) => phase === 'second-look' && controller.abort()
  const attempt = executeRestore(input({ runtime: runtimeOf(told), signal: controller.signal, onProgress }))
  await expect(attempt).rejects.toMatchObject({ code: 'cancelled' })
  expect(told).toEqual(['stop', 'prove', 'start', 'health'])
  expectEqualTrees(seen(), before)
  expect(readJournal(recovery())).toBeNull()
})

const boom = () => Promise.reject(new AppError('io_failed', { message: 'Injected.' }))
const FAULTS: [name: string, more: (told: string[]) => Partial<ExecuteRestoreInput>, told: string[]][] = [
  ['the safety archive', (told) => ({ runtime: runtimeOf(told), beforeSwap: boom }), []],
  ['stopping', (told) => ({ runtime: runtimeOf(told, { stop: boom }) }), ['start', 'health']],
  ['proving that it stopped', (told) => ({ runtime: runtimeOf(told, { proveStopped: boom }) }), ['stop', 'start', 'health']],
  ['starting', (told) => ({ runtime: runtimeOf(told, { start: boom }) }), ['stop', 'prove']],
  [
    'the health check',
    (told) => ({ runtime: runtimeOf(told, { awaitHealthy: boom }) }),
    ['stop', 'prove', 'start', 'stop', 'prove', 'start'],
  ],
  [
    'the validation',
    (told) => ({
      runtime: runtimeOf(told),
      onProgress: ({ phase, filesDone }) => phase === 'validate' && filesDone === 0 && chmodAndWrite(),
    }),
    ['stop', 'prove', 'start', 'health'],
  ],
  ['the first journal entry', (told) => ({ runtime: runtimeOf(told), onProgress: ({ phase }) => phase === 'stage' && blockJournal() }), []],
  [
    'the journal entry before the swap',
    (told) => ({ runtime: runtimeOf(told), onProgress: ({ phase }) => phase === 'swap' && blockJournal() }),
    ['stop', 'prove', 'start', 'health'],
  ],
  [
    'a step of the swap',
    (told) => ({
      runtime: runtimeOf(told),
      onProgress: ({ phase, filesDone }) =>
        phase === 'swap' && filesDone === 0 && rmSync(join(workspace.root, working()[0]!, 'staged/0'), { force: true }),
    }),
    ['stop', 'prove', 'start', 'health'],
  ],
]

/** Damages what was swapped in, keeping its size and time. */
function chmodAndWrite(): void {
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[{"id":1},{"id":9}]}')
}

/** From now on the journal cannot be replaced: a folder that holds something is in its place. */
function blockJournal(): void {
  const path = journalPath(recovery())
  if (existsSync(path)) renameSync(path, `${path}.moved`)
  mkdirSync(join(path, 'full'), { recursive: true })
}

function unblockJournal(): void {
  const path = journalPath(recovery())
  rmSync(path, { recursive: true, force: true })
  if (existsSync(`${path}.moved`)) renameSync(`${path}.moved`, path)
}

test.each(FAULTS)('a failure of %s leaves the live side as it was, and the orchestrator running', async (name, more, expected) => {
  const before = seen()
  const told: string[] = []
  await expect(executeRestore(input(more(told)))).rejects.toMatchObject({ code: expect.any(String) })
  unblockJournal()
  settle(recovery())
  const items = (tree: typeof before) => tree.filter(({ path }) => !path.startsWith('.orchive-restore-'))
  if (name === 'the validation') {
    // What somebody wrote over the swapped file is kept beside, whatever it was.
    expectEqualTrees(items(seen()), before)
    expect(readFileSync(join(workspace.root, working()[0]!, 'displaced/orchestrator_state.json'), 'utf8')).toContain('9')
  } else expectEqualTrees(seen(), before)
  expect(told.filter((what) => what !== 'safety')).toEqual(expected)
  expect(readJournal(recovery())).toBeNull()
  expect(listUndos(recovery().folder)).toEqual([])
})

test('after a failure the restore works', async () => {
  await expect(executeRestore(input({ runtime: runtimeOf([], { awaitHealthy: boom }) }))).rejects.toMatchObject({ code: 'io_failed' })
  await executeRestore(input())
  expect(readFileSync(at('orchestrator_state.json'), 'utf8')).toBe('{"tasks":[{"id":1},{"id":2}]}')
})

test('an error after the swap has the steps, the roll back among them', async () => {
  const attempt = executeRestore(input({ runtime: runtimeOf([], { awaitHealthy: boom }) }))
  await expect(attempt).rejects.toMatchObject({ message: expect.stringContaining('put back as it was') })
  await attempt.catch((error: AppError) => {
    const steps = error.context.steps as { name: string; outcome: string }[]
    const after = ['health failed', 'stop done', 'prove-stopped done', 'roll-back done', 'start done', 'health failed']
    expect(steps.slice(-6).map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(after)
  })
})

test('what the orchestrator writes while it stops is archived and staged again, as long as nothing else would be lost', async () => {
  const told: string[] = []
  const state = JSON.parse(readFileSync(at('orchestrator_state.json'), 'utf8'))
  const onStop = () => writeFileSync(at('orchestrator_state.json'), JSON.stringify({ ...state, updatedAt: 'now' }))
  const beforeSwap = async () => {
    told.push('safety')
    return SAFETY
  }
  const result = await executeRestore(input({ runtime: runtimeOf(told, { onStop }), beforeSwap }))
  expect(told).toEqual(['safety', 'stop', 'prove', 'safety', 'start', 'health'])
  expect(result).toMatchObject({ restoredFiles: 4, provenFiles: 4 })
  const kept = join(result.quarantinePath!, 'quarantine/orchestrator_state.json')
  expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({ updatedAt: 'now' })
})

test('more records of a list that loses some anyway are no other loss: they are archived, and the restore goes on', async () => {
  const told: string[] = []
  const state = JSON.parse(readFileSync(at('orchestrator_state.json'), 'utf8'))
  const onStop = () => writeFileSync(at('orchestrator_state.json'), JSON.stringify({ ...state, tasks: [...state.tasks, { id: 4 }] }))
  const result = await executeRestore(input({ runtime: runtimeOf(told, { onStop }) }))
  const kept = join(result.quarantinePath!, 'quarantine/orchestrator_state.json')
  expect(JSON.parse(readFileSync(kept, 'utf8')).tasks).toHaveLength(3)
})

test('a list that lost nothing when the plan was made stops the restore for another look, and the orchestrator runs again', async () => {
  const told: string[] = []
  const state = JSON.parse(readFileSync(at('orchestrator_state.json'), 'utf8'))
  const onStop = () => writeFileSync(at('orchestrator_state.json'), JSON.stringify({ ...state, approvals: [{ id: 'a1' }] }))
  await expect(executeRestore(input({ runtime: runtimeOf(told, { onStop }) }))).rejects.toMatchObject({
    code: 'plan_stale',
    message: expect.stringContaining('orchestrator_state.json'),
  })
  expect(told).toEqual(['stop', 'prove', 'start', 'health'])
  expect(JSON.parse(readFileSync(at('orchestrator_state.json'), 'utf8')).approvals).toEqual([{ id: 'a1' }])
  expect(working()).toEqual([])
})

test('critical content that changed under the same size and time is found before the swap', async () => {
  const before = readFileSync(at('orchestrator_state.json'), 'utf8')
  const beforeSwap = async () => {
    const { utimesSync, lstatSync } = await import('node:fs')
    const { atime, mtime } = lstatSync(at('orchestrator_state.json'))
    writeFileSync(at('orchestrator_state.json'), before.replace('changed', 'CHANGED'))
    utimesSync(at('orchestrator_state.json'), atime, mtime)
    return null
  }
  await expect(executeRestore(input({ beforeSwap }))).rejects.toMatchObject({ code: 'plan_stale' })
})

test('the plan names the records and files that would be lost', async () => {
  const { losses } = await planRestore(input())
  expect(losses).toMatchObject({
    lostRecords: 1,
    changedRecords: 1,
    files: { count: 1, first: [{ path: at('logs/extra'), sizeBytes: 5 }] },
    items: [
      {
        key: 'stateFile',
        reason: null,
        values: ['count'],
        lists: [{ key: 'tasks', identity: 'id', lostCount: 1, changedCount: 1, lost: [{ id: '3' }], changed: [{ id: '2' }] }],
      },
    ],
  })
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[')
  expect((await planRestore(input())).losses!.items).toMatchObject([{ reason: expect.stringContaining('not valid JSON'), lists: [] }])
  expect((await planRestore(input({ target: join(workspace.folder, 'out') }))).losses).toBeNull()
})

test('a torn state in the archive never becomes live: the validation takes it back', async () => {
  const good = readFileSync(at('orchestrator_state.json'), 'utf8')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[{"id":1},')
  manifest = await workspace.backUp()
  writeFileSync(at('orchestrator_state.json'), good)
  await expect(executeRestore(input())).rejects.toMatchObject({ code: 'validation_failed', message: expect.stringContaining('line 1') })
  expect(readFileSync(at('orchestrator_state.json'), 'utf8')).toBe(good)
  expect(working()).toEqual([])
})

test('a second restore, undo or settling is refused while one is under way, naming it', async () => {
  const jobId = newJobId()
  let asked = false
  const beforeSwap = async () => {
    asked = true
    const refused = { code: 'workspace_locked', message: expect.stringContaining(jobId) }
    await expect(executeRestore(input())).rejects.toMatchObject(refused)
    await expect(executeUndo({ recovery: recovery(), jobId: newJobId(), undoOf: jobId })).rejects.toMatchObject(refused)
    expect(() => settle(recovery())).toThrow(jobId)
    return null
  }
  await executeRestore(input({ jobId, beforeSwap }))
  expect(asked).toBe(true)
  expect(existsSync(lockPath(recovery()))).toBe(false)
})

test('the lock of a process that is gone is taken over', () => {
  const path = lockPath(recovery())
  const options = { jobId: newJobId(), purpose: 'a test', workspace: 'test' }
  const lock = takeRestoreLock(path, options)
  const record = JSON.parse(readFileSync(path, 'utf8'))
  lock.release()
  writeFileSync(path, JSON.stringify({ ...record, startTicks: '1' }))
  takeRestoreLock(path, options).release()
  writeFileSync(path, JSON.stringify({ ...record, host: 'elsewhere' }))
  expect(() => takeRestoreLock(path, options)).toThrow('a test')
})

test('a signal while it swaps does not end the process', async () => {
  let signals = 0
  const count = () => signals++
  process.on('SIGTERM', count)
  try {
    await executeRestore(input({ onProgress: ({ phase }) => phase === 'swap' && signals === 0 && process.kill(process.pid, 'SIGHUP') }))
  } finally {
    process.off('SIGTERM', count)
  }
  expect(process.listenerCount('SIGHUP')).toBe(0)
  expect(readFileSync(at('orchestrator_state.json'), 'utf8')).toBe('{"tasks":[{"id":1},{"id":2}]}')
})

test('a working folder that vanished is told exactly, nothing is guessed, and a person may let go of it', async () => {
  await executeRestore(input())
  const [undo] = listUndos(recovery().folder)
  const journal = { ...undo!.journal, phase: 'swapping' as const }
  writeFileSync(journalPath(recovery()), JSON.stringify(journal))
  rmSync(journal.areas[0]!.path, { recursive: true })
  const before = seen()
  expect(() => settle(recovery())).toThrow(journal.areas[0]!.path)
  expect(() => settle(recovery())).toThrow(at('orchestrator_state.json'))
  await expect(executeRestore(input())).rejects.toMatchObject({ code: 'restore_unsettled', context: { phase: 'swapping' } })
  expect(seen()).toEqual(before)
  expect(settle(recovery(), { abandon: true })).toMatchObject({ outcome: 'abandoned' })
  appendFileSync(at('logs/run-1.jsonl'), 'more')
  await executeRestore(input())
})
