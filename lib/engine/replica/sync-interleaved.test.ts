/** Backups, forgetting, prunes, syncs (also killed ones) and damage in any order: what the copy lists is fully readable from the copy alone, always. */
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ArchiveId } from '#lib/base/ids.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { FaultStorage } from '#test/builders/fault-storage.ts'
import { expectWhole, forget, prune } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { KEEP_ALL, syncOf } from '#test/builders/replica-of.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { emptyMemory } from './place-memory.ts'

/** A small generator whose numbers follow from its seed. */
const dice = (seed: number) => () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32

test.each([1, 2])('the model holds for seed %i', { timeout: 60_000 }, async (seed) => {
  const roll = dice(seed)
  const upTo = (most: number) => Math.floor(roll() * most)
  const workspace = await makeBackedUpWorkspace()
  const place = join(workspace.folder, 'place')
  const { repository, repositoryPath } = workspace
  let memory = emptyMemory()
  let step = 0
  /** What the copy has to list: nothing leaves it but by its own policy. */
  const copied = new Set<ArchiveId>()
  let workspaceId: `ws_${string}` | null = null
  const write = () => {
    writeFileSync(join(workspace.root, `logs/${upTo(6)}`), noise(20_000, step))
    writeFileSync(join(workspace.root, `logs/same-${upTo(3)}`), noise(9000, upTo(3)))
  }
  const storage = () => openLocalStorage(place, { create: true })
  const sync = async (keepLast: number, killAt: number | null) => {
    const target = new FaultStorage(storage())
    if (killAt !== null) target.arm({ call: killAt, errno: 'EIO', done: upTo(2) === 0 ? 'nothing' : 'all', lasts: true })
    const own = structuredClone(memory)
    const policy = { ...KEEP_ALL, keepLast, dailyDays: 0, weeklyWeeks: 0, monthlyMonths: 0 }
    const before = new Set(copied)
    try {
      const more = { memory: own, saveMemory: () => void (memory = structuredClone(own)), policy, recheckBytes: upTo(2) * 1e9 }
      const figures = await syncOf(repositoryPath, target, { workspaceId: workspaceId!, ...more })
      // What is on neither side any more stays listed, and is told.
      const lost = figures.archives.filter(({ state }) => state === 'incomplete').map(({ archiveId }) => archiveId)
      expect(lost, 'nothing was lost on both sides').toEqual([])
    } catch (error) {
      if (killAt === null) throw error
    }
    const listed = new Set(await expectWhole(place, { verify: killAt === null }))
    if (killAt === null && keepLast === 10_000) for (const id of before) expect(listed.has(id), `${id} left the copy`).toBe(true)
    copied.clear()
    for (const id of listed) copied.add(id)
  }
  const harm = async () => {
    if (copied.size === 0) return
    const listed = await repository.listArchives()
    // Only what the host can give again: the copy of an archive that the host has let go is the only one.
    if (![...copied].every((id) => listed.includes(id))) return
    const packs = readdirSync(join(place, 'packs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pack'))
    const pack = join(place, 'packs', packs[upTo(packs.length)]!)
    if (upTo(2) === 0) rmSync(pack)
    else truncateSync(pack, statSync(pack).size >> 1)
    await sync(10_000, null)
  }
  try {
    mkdirSync(join(workspace.root, 'logs'))
    for (; step < 30; step++) {
      const listed = (await repository.listArchives()).sort()
      const what = upTo(10)
      if (listed.length === 0 || what < 3) {
        write()
        workspaceId = (await workspace.backUp()).workspaceId
      } else if (what < 5 && listed.length > 1) await forget(repository, [listed[upTo(listed.length)]!]).catch(onlyKept)
      else if (what === 5) await prune(repository, upTo(2) * 7)
      else if (what === 6) await sync(10_000, 1 + upTo(60))
      else if (what === 7) await sync(1 + upTo(3), null)
      else if (what === 8) await harm()
      else await sync(10_000, null)
    }
    await sync(10_000, null)
    // The copy alone is a repository: what it lists can be taken over somewhere else.
    cpSync(place, join(workspace.folder, 'elsewhere'), { recursive: true })
    expect(await expectWhole(join(workspace.folder, 'elsewhere'))).toEqual([...copied].sort())
    for (const id of await repository.listArchives()) expect(copied.has(id)).toBe(true)
  } finally {
    repository.close()
    rmSync(workspace.folder, { recursive: true, force: true })
  }
})

/** The last known-good and such stay, and that is no failure of this test. */
function onlyKept(error: unknown): void {
  if ((error as { code?: string }).code !== 'archive_kept') throw error
}
