import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppError } from '#lib/base/errors.ts'
import { newJobId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { type Fault, FaultStorage } from '#test/builders/fault-storage.ts'
import { expectWhole } from '#test/builders/pruning.ts'
import { expectEqualTrees, noise, readTree } from '#test/builders/random-tree.ts'
import type { Manifest } from '../repository/manifest.ts'
import { openRepository, type Repository } from '../repository/repository.ts'
import { executeRestore } from '../restore/execute-restore.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { verifyArchive } from './verify-archive.ts'
import { verifyRepository } from './verify-repository.ts'

let workspace: BackedUpWorkspace
let manifest: Manifest

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(join(workspace.root, 'logs'))
  for (let i = 0; i < 5; i++) writeFileSync(join(workspace.root, `logs/run-${i}.log`), noise(1000 + i, i + 1))
  manifest = await workspace.backUp()
})
afterAll(() => rmSync(workspace.folder, { recursive: true, force: true }))

const FAULTS: Omit<Fault, 'call'>[] = [
  { errno: 'EIO', done: 'nothing' },
  { errno: 'EMFILE', done: 'nothing', lasts: true },
  { errno: 'EACCES', done: 'nothing', lasts: true },
]

/** Does work on a repository of which every call fails in turn; `look` sees how it ended. */
async function failEachCall<T>(work: (repository: Repository) => Promise<T>, look: (result: T | AppError, label: string) => Promise<void>) {
  const attempt = async (fault: Fault | null) => {
    const storage = new FaultStorage(openLocalStorage(workspace.repositoryPath))
    const repository = await openRepository(storage)
    storage.arm(fault)
    const result = await work(repository).catch((error: unknown) => {
      if (error instanceof AppError) return error
      throw error
    })
    repository.close()
    return { result, calls: storage.calls.length, failed: storage.failed }
  }
  const { calls } = await attempt(null)
  expect(calls).toBeGreaterThan(3)
  for (let call = 1; call <= calls; call++) {
    const fault = FAULTS[call % FAULTS.length]!
    const { result, failed } = await attempt({ ...fault, call })
    await look(result, `${fault.errno} at call ${call}, ${failed?.verb} ${failed?.name}`)
  }
}

test('whichever read of a verify fails, it says so with an error of ours or a finding, and never that all is well', async () => {
  const everything = async (repository: Repository) => {
    const { findings } = await verifyRepository({ repository })
    const reader = await repository.reader(manifest.id)
    const verdict = await verifyArchive({ reader, manifest: reader.manifest, repository, level: 'bytes' })
    return [...findings, ...verdict.findings]
  }
  await failEachCall(everything, async (result, label) => {
    const isTold = result instanceof AppError ? result.code !== 'internal' : result.length > 0
    expect(isTold, label).toBe(true)
  })
  await expectWhole(workspace.repositoryPath)
})

test('whichever read of a restore fails, nothing that is not whole stays under its name, and done again it is whole', async () => {
  const target = join(workspace.folder, 'target')
  const restore = async (repository: Repository) => {
    const reader = await repository.reader(manifest.id)
    return await executeRestore({ reader, manifest: reader.manifest, paths: [], target, items: [], jobId: newJobId() })
  }
  const live = new Map(readTree(Buffer.from(join(workspace.root, 'logs'))).map((seen) => [seen.path, seen.content]))
  await failEachCall(restore, async (result, label) => {
    const logs = join(target, 'logs')
    const names = existsSync(logs) ? readdirSync(logs) : []
    for (const seen of names.length > 0 ? readTree(Buffer.from(logs)) : [])
      expect(seen.content, `${label}: ${seen.path}`).toBe(live.get(seen.path))
    if (!(result instanceof AppError)) expect(result.provenFiles, label).toBe(result.restoredFiles)
    rmSync(target, { recursive: true, force: true })
  })
  await restore(await openRepository(openLocalStorage(workspace.repositoryPath)))
  expectEqualTrees(readTree(Buffer.from(join(target, 'logs'))), readTree(Buffer.from(join(workspace.root, 'logs'))))
})
