import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectEqualTrees, readTree } from '#test/builders/random-tree.ts'
import { recoveryOf } from '#test/builders/recovery-of.ts'
import type { Manifest } from '../repository/manifest.ts'
import { executeRestore } from './execute-restore.ts'
import { readJournal } from './journal.ts'
import { settle } from './settle.ts'

let workspace: BackedUpWorkspace
let manifest: Manifest
const at = (path: string) => join(workspace.root, path)
const seen = () => readTree(Buffer.from(workspace.root)).filter(({ path }) => !path.startsWith('.orchive-restore-'))
const recovery = () => recoveryOf(workspace.folder, manifest.workspaceId)

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(at('logs/sub'), { recursive: true })
  for (let i = 0; i < 4; i++) writeFileSync(at(`logs/run-${i}.jsonl`), `{"run":${i}}\n`)
  writeFileSync(at('logs/sub/inner.txt'), 'inner')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[{"id":1}]}')
  manifest = await workspace.backUp()
})

afterEach(() => rmSync(workspace.folder, { recursive: true, force: true }))

function change(): void {
  rmSync(at('logs/run-0.jsonl'))
  rmSync(at('logs/sub'), { recursive: true })
  symlinkSync('/etc', at('logs/sub'))
  writeFileSync(at('logs/extra'), 'extra')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[]}')
}

/** Restores in a process of its own, which kills itself where `dies` is reached. */
async function restoreAndDie(dies: string): Promise<void> {
  const from = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)))
  const given = { repository: workspace.repositoryPath, archive: manifest.id, root: workspace.root, items: workspace.resolve().items }
  const script = join(workspace.folder, 'restore.ts')
  writeFileSync(
    script,
    `import { openLocalStorage } from ${from('../storage/local-storage.ts')}
import { openRepository } from ${from('../repository/repository.ts')}
import { executeRestore } from ${from('./execute-restore.ts')}
import { recoveryOf } from ${from('../../../test/builders/recovery-of.ts')}
const given = ${JSON.stringify(given)}
const dies = ${JSON.stringify(dies)}
const repository = await openRepository(openLocalStorage(given.repository))
const reader = await repository.reader(given.archive)
const step = (name) => {
  if (name === dies) process.kill(process.pid, 'SIGKILL')
  return Promise.resolve({ outcome: 'proven', message: name })
}
await executeRestore({
  reader, manifest: reader.manifest, paths: [], target: null, items: given.items, root: given.root, exact: true,
  jobId: ${JSON.stringify(newJobId())},
  recovery: recoveryOf(${JSON.stringify(workspace.folder)}, reader.manifest.workspaceId),
  runtime: { stop: () => step('stop'), proveStopped: () => step('prove'), start: () => step('start'), awaitHealthy: () => step('health') },
  beforeSwap: async () => { await step('safety'); return null },
  onProgress: ({ phase }) => void step(phase),
})
`,
  )
  await runUntilKilled(script)
}

async function runUntilKilled(script: string): Promise<void> {
  const child = spawn(process.execPath, [script], { stdio: 'inherit', cwd: process.cwd() })
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
}

const DEATHS: [dies: string, phase: string, outcome: string, isStopped: boolean][] = [
  ['safety', 'staged', 'untouched', false],
  ['stop', 'staged', 'untouched', true],
  ['prove', 'staged', 'untouched', true],
  ['second-look', 'stopped', 'untouched', true],
  ['swap', 'stopped', 'untouched', true],
  ['validate', 'swapped', 'rolled-back', true],
  ['start', 'validated', 'finished', true],
  ['health', 'started', 'finished', false],
]

test.each(DEATHS)(
  'killed at “%s”: its journal says %s, it is %s, and a stopped orchestrator is told',
  async (dies, phase, outcome, isStopped) => {
    const archived = seen()
    change()
    const old = seen()
    await restoreAndDie(dies)
    expect(readJournal(recovery())).toMatchObject({ phase, isStopped })
    expect(settle(recovery())).toMatchObject({ outcome, isStopped, notes: [] })
    expectEqualTrees(seen(), outcome === 'finished' ? archived : old)
    const { items } = workspace.resolve()
    const reader = workspace.repository.readerOf(manifest)
    await executeRestore({ reader, manifest, paths: [], target: null, items, exact: true, jobId: newJobId(), recovery: recovery() })
    expectEqualTrees(seen(), archived)
  },
)

test('an undo killed right after it made its working folder leaves nothing once it is settled', async () => {
  const archived = seen()
  change()
  const { items } = workspace.resolve()
  const reader = workspace.repository.readerOf(manifest)
  const [restoreJob, undoJob] = [newJobId(), newJobId()]
  await executeRestore({ reader, manifest, paths: [], target: null, items, exact: true, jobId: restoreJob, recovery: recovery() })
  const script = join(workspace.folder, 'undo.ts')
  const from = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)))
  writeFileSync(
    script,
    `import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const { mkdirSync } = fs
fs.mkdirSync = (path, ...more) => {
  mkdirSync(path, ...more)
  if (String(path).endsWith('${undoJob}/quarantine')) process.kill(process.pid, 'SIGKILL')
}
syncBuiltinESMExports()
const { executeUndo } = await import(${from('./execute-undo.ts')})
const { recoveryOf } = await import(${from('../../../test/builders/recovery-of.ts')})
const recovery = recoveryOf(${JSON.stringify(workspace.folder)}, ${JSON.stringify(manifest.workspaceId)})
await executeUndo({ recovery, jobId: '${undoJob}', undoOf: '${restoreJob}' })
`,
  )
  await runUntilKilled(script)
  expect(settle(recovery())).toMatchObject({ outcome: 'untouched', kind: 'undo' })
  expect(readdirSync(workspace.root).filter((name) => name.startsWith('.orchive-restore-'))).toEqual([`.orchive-restore-${restoreJob}`])
  expectEqualTrees(seen(), archived)
})
