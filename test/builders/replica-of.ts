import { type Clock, systemClock } from '#lib/base/clock.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { emptyMemory, type PlaceMemory } from '#lib/engine/replica/place-memory.ts'
import type { SyncFigures, SyncInput } from '#lib/engine/replica/replica-types.ts'
import { planReplica, syncReplica } from '#lib/engine/replica/run-sync.ts'
import { openRepository } from '#lib/engine/repository/repository.ts'
import { DEFAULT_POLICY, type RetentionPolicy } from '#lib/engine/retention/policy.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'

/** Keeps everything, since the archives of a test are all of one day. */
export const KEEP_ALL: RetentionPolicy = { ...DEFAULT_POLICY, keepLast: 10_000 }

/** Syncs as a process of its own would, but for the memory, which it is handed. */
export async function syncOf(
  host: string | Storage,
  place: Storage,
  { memory = emptyMemory(), ...more }: Partial<SyncInput> & { workspaceId: WorkspaceId; memory?: PlaceMemory },
): Promise<SyncFigures> {
  return await withInput(host, place, { ...more, memory }, syncReplica)
}

/** What a sync would do. */
export async function planOf(host: string, place: Storage, more: Partial<SyncInput> & { workspaceId: WorkspaceId }): Promise<SyncFigures> {
  return await withInput(host, place, more, planReplica)
}

async function withInput(
  host: string | Storage,
  place: Storage,
  more: Partial<SyncInput> & { workspaceId: WorkspaceId },
  work: (input: SyncInput) => Promise<SyncFigures>,
): Promise<SyncFigures> {
  const repository = more.host ?? (await openRepository(typeof host === 'string' ? openLocalStorage(host) : host))
  try {
    return await work({
      ...{ host: repository, place, open: openRepository, owner: { homeId: 'home-1', host: 'test' }, isTakeOver: false },
      ...{ policy: KEEP_ALL, timeZone: 'UTC', undos: { reasons: new Map(), unreadable: [] }, lockDays: null, recheckBytes: 0 },
      ...{ memory: emptyMemory(), saveMemory: () => {}, clock: systemClock as Clock },
      ...more,
    })
  } finally {
    repository.close()
  }
}
