import { AppError } from '#lib/base/errors.ts'
import { type KeySlotId, removeKeySlot } from '#lib/engine/repository/key-slots.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { recordSlot } from './add-key.ts'
import { listKeys } from './list-keys.ts'
import { withMaster } from './with-master.ts'

/**
 * Takes a key slot away. Who has seen the master key keeps it: only a new repository keeps them out. Throws `key_last` for the last slot, and
 * `invalid_input` for this host's own, without which its backups would stop.
 */
export async function revokeKey(ctx: ServiceContext, path: string, slotId: string): Promise<void> {
  requireRight(ctx, 'settings')
  const { slots } = await listKeys(ctx, path)
  if (slots.some(({ id, isOfThisHost }) => id === slotId && isOfThisHost)) {
    throw new AppError('invalid_input', {
      message: `${slotId} is the slot of this host: without it, its backups could not open the repository any more.`,
      hint: 'Revoke it from another host that has the repository attached.',
    })
  }
  await withMaster(ctx, path, async (repository) => {
    recordSlot(ctx, 'repository.key-revoke', repository.id, await removeKeySlot(repository, slotId as KeySlotId))
  })
}
