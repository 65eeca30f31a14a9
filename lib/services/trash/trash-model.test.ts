import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pruneArchives } from '#db/catalog/prune-archives.ts'
import { openCatalog } from '#db/open-database.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { forgetArchives, unforgetArchive } from '#lib/engine/prune/forget-archives.ts'
import { runPrune } from '#lib/engine/prune/run-prune.ts'
import { openRepository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { answers } from '#test/builders/catalog-answers.ts'
import { DAY_MS, expectWhole } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { absorbArchive, absorbMarks } from '../catalog/absorb-archive.ts'
import { rebuildCatalog } from '../catalog/rebuild-catalog.ts'

type Operation =
  | { do: 'write'; file: number; version: number }
  | { do: 'remove'; file: number }
  | { do: 'backup' }
  | { do: 'forget'; pick: number }
  | { do: 'unforget'; pick: number }
  | { do: 'wait'; days: number }
  | { do: 'prune'; graceDays: number }

const small = fc.nat({ max: 5 })
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), file: small, version: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), file: small }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('backup' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('forget' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unforget' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.constantFrom(3, 8) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('prune' as const), graceDays: fc.constantFrom(0, 0, 7) }) },
)

/** What should be there, as plain sets. */
interface Shadow {
  /** Content of each file as it is live. */
  live: Map<string, string>
  listed: Map<ArchiveId, Map<string, string>>
  trashed: Map<ArchiveId, { content: Map<string, string>; atMs: number }>
}

test('whatever is backed up, forgotten, taken back and pruned: what is listed is whole, the repository is sound, and the catalog is what a rebuild makes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 6, maxLength: 24 }), (operations) => play(operations)),
    { numRuns: 15 },
  )
})

async function play(operations: readonly Operation[]): Promise<void> {
  const workspace = await makeBackedUpWorkspace()
  const catalogPath = join(workspace.folder, 'db', 'catalog.db')
  const { db: catalogDb, close } = openCatalog(catalogPath)
  const { repository } = workspace
  const shadow: Shadow = { live: new Map(), listed: new Map(), trashed: new Map() }
  let waitedMs = 0
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + waitedMs }
  const onChanged = async (id: ArchiveId) => void (await absorbMarks({ repository, catalogDb }, id))
  const common = { repository, clock, journals: null, reason: 'test', actor: 'test', onChanged }
  const step = async (operation: Operation) => {
    switch (operation.do) {
      case 'write': {
        // Under the threshold some files share, so that packs are half needed.
        const name = `logs/${operation.file % 2 ? 'deep/' : ''}${operation.file}.bin`
        writeFileSync(join(workspace.root, name), noise(2000 + operation.file * 7000, operation.file * 10 + operation.version))
        shadow.live.set(name, `${operation.file}.${operation.version}`)
        return
      }
      case 'remove': {
        const name = `logs/${operation.file % 2 ? 'deep/' : ''}${operation.file}.bin`
        rmSync(join(workspace.root, name), { force: true })
        shadow.live.delete(name)
        return
      }
      case 'backup': {
        const { id } = await workspace.backUp()
        await absorbArchive({ repository, catalogDb }, id)
        shadow.listed.set(id, new Map(shadow.live))
        return
      }
      case 'forget': {
        const id = [...shadow.listed.keys()][operation.pick % Math.max(1, shadow.listed.size)]
        if (id === undefined) return
        await forgetArchives({ ...common, ids: [id] })
        shadow.trashed.set(id, { content: shadow.listed.get(id)!, atMs: clock.nowMs() })
        shadow.listed.delete(id)
        return
      }
      case 'unforget': {
        const id = [...shadow.trashed.keys()][operation.pick % Math.max(1, shadow.trashed.size)]
        if (id === undefined) return
        await unforgetArchive({ ...common, id })
        shadow.listed.set(id, shadow.trashed.get(id)!.content)
        shadow.trashed.delete(id)
        return
      }
      case 'wait':
        waitedMs += operation.days * DAY_MS
        return
      case 'prune': {
        const graceMs = operation.graceDays * DAY_MS
        const { expired } = await runPrune({ ...common, graceMs, onExpiring: (ids) => pruneArchives(catalogDb, ids) })
        const due = [...shadow.trashed].filter(([, { atMs }]) => clock.nowMs() - atMs >= graceMs).map(([id]) => id)
        expect(expired.toSorted()).toEqual(due.toSorted())
        for (const id of due) shadow.trashed.delete(id)
        return
      }
      default:
        operation satisfies never
    }
  }
  try {
    mkdirSync(join(workspace.root, 'logs/deep'), { recursive: true })
    for (const operation of operations) await step(operation)
    expect(await expectWhole(workspace.repositoryPath)).toEqual([...shadow.listed.keys()].sort())
    const own = await openRepository(openLocalStorage(workspace.repositoryPath))
    expect((await own.listTrashed()).sort()).toEqual([...shadow.trashed.keys()].sort())
    for (const [id, content] of shadow.listed) {
      const files: string[] = []
      for await (const { path, type } of (await own.reader(id)).entries(['logs'])) if (type === 'file') files.push(path)
      expect(files).toEqual([...content.keys()].sort())
    }
    own.close()
    const [any] = [...shadow.listed.keys()]
    // The questions need two to ask about.
    if (any === undefined || shadow.listed.size < 2) return
    const workspaceId = (await repository.readManifest(any)).workspaceId
    const nowMs = clock.nowMs() + 1000
    const before = answers(catalogDb, workspaceId, nowMs)
    await rebuildCatalog({ repositories: [repository], catalogPath })
    expect(before).toEqual(answers(catalogDb, workspaceId, nowMs))
  } finally {
    close()
    repository.close()
    rmSync(workspace.folder, { recursive: true, force: true })
  }
}
