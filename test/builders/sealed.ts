import { openKeySlots, readKeySlots } from '#lib/engine/repository/key-slots.ts'
import { openRepository, type Repository, type SlotForMaster } from '#lib/engine/repository/repository.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'

const KEY = Buffer.alloc(32, 7)

/** What an encrypted repository of a test is made with. */
export const SLOTS: SlotForMaster[] = [{ secret: { kind: 'key', key: KEY }, label: 'test' }]

/** Opens one, or one in plain. */
export const openAny = (storage: Storage): Promise<Repository> =>
  openRepository(storage, async ({ id }) => (await openKeySlots(await readKeySlots(storage), id, { kind: 'key', key: KEY }))!.master)
