import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import { isAppError } from '#lib/base/errors.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { type Fault, FaultStorage } from '#test/builders/fault-storage.ts'
import { expectWhole } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { openRepository, type Repository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { importTar } from './import-tar.ts'

/** What a disk does to a call, in turn: so that every call meets one of them, and every kind of call all. */
const FAULTS: Omit<Fault, 'call'>[] = [
  { errno: 'EIO', done: 'nothing', lasts: true },
  { errno: 'ENOSPC', done: 'half' },
  { errno: 'EMFILE', done: 'nothing' },
  { errno: 'EIO', done: 'all', lasts: true },
  { errno: 'EACCES', done: 'nothing', lasts: true },
]

test('whichever call of an import fails, and however, earlier archives are whole, nothing half done is listed, and it can be done again', async () => {
  const workspace = await makeBackedUpWorkspace()
  try {
    mkdirSync(join(workspace.root, 'logs'))
    writeFileSync(join(workspace.root, 'logs/a.log'), noise(2000, 1))
    const { id: earlier, ...manifest } = await workspace.backUp()
    writeFileSync(join(workspace.root, 'logs/b.log'), noise(200_000, 3))
    const path = join(workspace.folder, 'other.tar.gz')
    execFileSync('tar', ['-czf', path, '-C', workspace.root, 'logs'])
    const { workspaceId, workspaceName, root, configPath } = manifest
    const adoptInto = {
      workspaceId,
      workspaceName,
      root,
      configPath,
      maps: [],
      extraItems: [],
      configPaths: {},
      items: [],
      timeZone: 'UTC',
    }
    const take = (repository: Repository) =>
      importTar({
        ...{ repository, path, adoptInto: { ...adoptInto, follow: null, known: {} }, actor: 'test', tool: 'test', waitMs: 0 },
        ...{ clock: systemClock, signal: new AbortController().signal },
      })
    const attempt = async (fault: Fault | null) => {
      const place = join(workspace.folder, 'copy')
      rmSync(place, { recursive: true, force: true })
      cpSync(workspace.repositoryPath, place, { recursive: true })
      const storage = new FaultStorage(openLocalStorage(place))
      const repository = await openRepository(storage)
      storage.arm(fault)
      const failure = await take(repository).then(
        () => null,
        (error: unknown) => error,
      )
      repository.close()
      return { place, failure, calls: storage.calls, failed: storage.failed }
    }
    const { calls, failure } = await attempt(null)
    expect(failure).toBeNull()
    for (const i of calls.keys()) {
      const fault = FAULTS[i % FAULTS.length]!
      const after = await attempt({ ...fault, call: i + 1 })
      const label = `${fault.errno}, ${fault.done} of call ${i + 1}, ${after.failed?.verb} ${after.failed?.name}`
      expect(after.failure === null || isAppError(after.failure), label).toBe(true)
      expect(await expectWhole(after.place, { verify: false }), label).toContain(earlier)
      rmSync(join(after.place, 'locks'), { recursive: true, force: true })
      const next = await openRepository(openLocalStorage(after.place))
      await take(next)
      next.close()
      expect(await expectWhole(after.place), label).toHaveLength(2)
    }
  } finally {
    rmSync(workspace.folder, { recursive: true, force: true })
  }
})
