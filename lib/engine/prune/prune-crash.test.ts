import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ArchiveId } from '#lib/base/ids.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { type Fault, FaultStorage } from '#test/builders/fault-storage.ts'
import { daysAhead, expectWhole, forget, prune } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { openAny, SLOTS } from '#test/builders/sealed.ts'
import type { Repository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'

/** Verbs that change something: of these, the one that did its work and could not say so is tried, too. */
const CHANGING = new Set(['put', 'move', 'remove', 'commit'])

test('whichever call of forgetting and pruning is the last one before the power goes, what is listed is whole, and the next prune ends it', async () => {
  const workspace = await makeBackedUpWorkspace({ slots: SLOTS })
  try {
    mkdirSync(join(workspace.root, 'logs'))
    const archives: ArchiveId[] = []
    for (let day = 0; day < 3; day++) {
      writeFileSync(join(workspace.root, `logs/${day}`), noise(3000, day))
      writeFileSync(join(workspace.root, 'logs/changes'), noise(30_000, 10 + day))
      archives.push((await workspace.backUp()).id)
    }
    const [first, second, third] = archives
    await forget(workspace.repository, [first!])
    const work = async (repository: Repository) => {
      await forget(repository, [second!])
      // Two steps: the first archive is past its grace and the second is not; then all goes at once.
      await prune(repository, 7, { clock: daysAhead(8) })
      await prune(repository)
    }
    let copies = 0
    const attempt = async (fault: Fault | null) => {
      const place = join(workspace.folder, `copy-${copies++}`)
      cpSync(workspace.repositoryPath, place, { recursive: true })
      const storage = new FaultStorage(openLocalStorage(place))
      const repository = await openAny(storage)
      storage.arm(fault)
      const failure = await work(repository).then(
        () => null,
        (error: unknown) => error,
      )
      const { calls, failed } = storage
      repository.close()
      return { place, calls, failed, failure }
    }
    const { place, calls, failure } = await attempt(null)
    expect(failure).toBeNull()
    expect(await expectWhole(place)).toEqual([third])
    for (const [i, { verb }] of calls.entries()) {
      // Calls that only read leave what those before them left: some will do.
      if (!CHANGING.has(verb) && i % 7 !== 0) continue
      // Call by call in turn: it did nothing, or all and could not say so.
      for (const done of [CHANGING.has(verb) && i % 2 === 0 ? 'all' : 'nothing'] as const) {
        const after = await attempt({ call: i + 1, errno: 'EIO', done, lasts: true })
        const label = `${done} of call ${i + 1}, ${verb} ${after.failed?.name}`
        const listed = await expectWhole(after.place, { verify: false })
        expect(listed, label).toContain(third)
        expect(listed, label).not.toContain(first)
        const next = await openAny(openLocalStorage(after.place))
        await prune(next)
        if (listed.includes(second!) && (await next.listArchives()).includes(second!)) await forget(next, [second!])
        await prune(next)
        next.close()
        expect(await expectWhole(after.place), label).toEqual([third])
        rmSync(after.place, { recursive: true })
      }
    }
  } finally {
    rmSync(workspace.folder, { recursive: true, force: true })
  }
})
