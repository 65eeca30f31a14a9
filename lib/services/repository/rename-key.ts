import { type KeySlotId, renameKeySlot } from '#lib/engine/repository/key-slots.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { recordSlot } from './add-key.ts'
import { withMaster } from './with-master.ts'

/** Calls a key slot something else; it gets another id by that, since objects never change. */
export async function renameKey(ctx: ServiceContext, path: string, slotId: string, label: string): Promise<{ slotId: string }> {
  requireRight(ctx, 'settings')
  return await withMaster(ctx, path, async (repository) => {
    const slot = await renameKeySlot(repository, slotId as KeySlotId, label)
    recordSlot(ctx, 'repository.key-rename', repository.id, slot, { before: slotId })
    return { slotId: slot.id }
  })
}
