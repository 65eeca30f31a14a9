import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ArchiveId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectWhole, forget, prune } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { openRepository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'

let workspace: BackedUpWorkspace
const archives: ArchiveId[] = []

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(join(workspace.root, 'logs'))
  for (let day = 0; day < 3; day++) {
    writeFileSync(join(workspace.root, `logs/${day}`), noise(3000, day))
    writeFileSync(join(workspace.root, 'logs/changes'), noise(30_000, 10 + day))
    archives.push((await workspace.backUp()).id)
  }
  await forget(workspace.repository, archives.slice(0, 2))
})

afterAll(() => rmSync(workspace.folder, { recursive: true, force: true }))

/** Prunes in a process of its own that kills itself right behind the first call of a verb about such a name; gives how it ended. */
async function pruneAndDie(place: string, verb: string, name: string): Promise<NodeJS.Signals | null> {
  const from = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)))
  const script = join(place, '..', 'prune-and-die.ts')
  writeFileSync(
    script,
    `import { openLocalStorage } from ${from('../storage/local-storage.ts')}
import { openRepository } from ${from('../repository/repository.ts')}
import { runPrune } from ${from('./run-prune.ts')}
import { systemClock } from ${from('../../base/clock.ts')}
const storage = openLocalStorage(${JSON.stringify(place)})
const own = storage[${JSON.stringify(verb)}].bind(storage)
storage[${JSON.stringify(verb)}] = async (...args) => {
  const done = await own(...args)
  if (new RegExp(${JSON.stringify(name)}).test(String(args[0]))) process.kill(process.pid, 'SIGKILL')
  return done
}
await runPrune({ repository: await openRepository(storage), clock: systemClock, graceMs: 0, journals: null })
`,
  )
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return signal
}

test.each([
  ['a manifest is gone and its marks are not', 'remove', '^trash/manifests/'],
  ['an index is in the trash and its pack is not', 'move', '^packs/.*idx'],
  ['packs are in the trash', 'move', '^packs/.*pack$'],
  ['an index is unlinked and its pack is not', 'remove', '^trash/packs/.*idx'],
])('killed when %s: what is listed is whole at once, and the next prune, which takes over the lease, ends it', async (_, verb, name) => {
  const place = join(workspace.folder, `copy-${verb}-${name.length}`)
  cpSync(workspace.repositoryPath, place, { recursive: true })
  expect(await pruneAndDie(place, verb, name)).toBe('SIGKILL')
  expect(await expectWhole(place, { verify: false })).toEqual([archives[2]])
  const repository = await openRepository(openLocalStorage(place))
  await prune(repository)
  expect(await repository.listTrashed()).toEqual([])
  repository.close()
  expect(await expectWhole(place)).toEqual([archives[2]])
})
