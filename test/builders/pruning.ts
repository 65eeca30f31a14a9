import { expect } from 'vitest'
import { type Clock, systemClock } from '#lib/base/clock.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { forgetArchives, unforgetArchive } from '#lib/engine/prune/forget-archives.ts'
import { type PruneFigures, type PruneInput, runPrune } from '#lib/engine/prune/run-prune.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import { openAny } from './sealed.ts'

export const DAY_MS = 86_400_000

/** The system's clock, some days later. */
export const daysAhead = (days: number): Clock => ({ ...systemClock, nowMs: () => systemClock.nowMs() + days * DAY_MS })

/** Forgets archives as a process of its own would. */
export const forget = (repository: Repository, ids: ArchiveId[], clock = systemClock, journals: string | null = null) =>
  forgetArchives({ repository, ids, reason: 'test', actor: 'test', clock, journals })

/** Takes one back. */
export const unforget = (repository: Repository, id: ArchiveId) =>
  unforgetArchive({ repository, id, reason: 'test', actor: 'test', clock: systemClock, journals: null })

/** Prunes; with no grace unless days are given. */
export const prune = (repository: Repository, graceDays = 0, more: Partial<PruneInput> = {}): Promise<PruneFigures> =>
  runPrune({ repository, clock: systemClock, graceMs: graceDays * DAY_MS, journals: null, ...more })

/** Reads every frame of every listed archive, as a new process would, and checks all objects; gives the listed ids, sorted. */
export async function expectWhole(place: string | Storage, options: { verify?: boolean } = {}): Promise<ArchiveId[]> {
  const repository = await openAny(typeof place === 'string' ? openLocalStorage(place) : place)
  try {
    const ids = (await repository.listArchives()).sort()
    for (const id of ids) {
      const reader = await repository.reader(id)
      for await (const entry of reader.entries()) for (const frame of entry.frames) await reader.frame(frame)
    }
    if (options.verify !== false) expect((await verifyRepository({ repository })).findings).toEqual([])
    return ids
  } finally {
    repository.close()
  }
}
