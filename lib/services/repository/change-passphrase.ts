import { AppError } from '#lib/base/errors.ts'
import { addKeySlot, openKeySlots, readKeySlots, removeKeySlot } from '#lib/engine/repository/key-slots.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { recordSlot } from './add-key.ts'
import { requireGoodPassphrase } from './passphrase.ts'
import { withMaster } from './with-master.ts'

/** Puts another passphrase in the place of one: the new slot is durable before the old one goes. Throws `key_wrong`. */
export async function changePassphrase(
  ctx: ServiceContext,
  path: string,
  input: { old: string; passphrase: string },
): Promise<{ slotId: string }> {
  requireRight(ctx, 'settings')
  requireGoodPassphrase(input.passphrase)
  return await withMaster(ctx, path, async (repository, master) => {
    const { storage, id } = repository
    const opened = await openKeySlots(await readKeySlots(storage), id, { kind: 'passphrase', passphrase: input.old })
    if (!opened) {
      throw new AppError('key_wrong', {
        message: 'No slot of the repository opens with the old passphrase.',
        hint: 'A passphrase that nobody remembers is revoked, and another one added: `orchive repository key list`.',
      })
    }
    const secret = { kind: 'passphrase', passphrase: input.passphrase } as const
    const createdAt = new Date(ctx.clock.nowMs()).toISOString()
    const slot = await addKeySlot(storage, id, master, { secret, label: opened.slot.label, createdAt })
    await removeKeySlot(repository, opened.slot.id)
    recordSlot(ctx, 'repository.key-change', id, slot, { before: opened.slot.id })
    return { slotId: slot.id }
  })
}
