import { randomBytes } from 'node:crypto'
import type { AddedKey } from '#lib/contracts/repository-keys.ts'
import { addKeySlot, type KeySlot, type SlotSecret } from '#lib/engine/repository/key-slots.ts'
import { formatKey } from '#lib/engine/repository/key-text.ts'
import { KEY_BYTES } from '#lib/engine/repository/sealing.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { requireGoodPassphrase } from './passphrase.ts'
import { withMaster } from './with-master.ts'

/** Adds a slot: with the passphrase that is given, or with a new recovery key, which is returned and kept nowhere. */
export async function addKey(ctx: ServiceContext, path: string, input: { label: string; passphrase: string | null }): Promise<AddedKey> {
  requireRight(ctx, 'settings')
  if (input.passphrase !== null) requireGoodPassphrase(input.passphrase)
  return await withMaster(ctx, path, async (repository, master) => {
    const key = input.passphrase === null ? randomBytes(KEY_BYTES) : null
    const secret: SlotSecret = key ? { kind: 'key', key } : { kind: 'passphrase', passphrase: input.passphrase! }
    const createdAt = new Date(ctx.clock.nowMs()).toISOString()
    const slot = await addKeySlot(repository.storage, repository.id, master, { secret, label: input.label, createdAt })
    recordSlot(ctx, 'repository.key-add', repository.id, slot)
    return { slotId: slot.id, kind: slot.kind, label: slot.label, recoveryKey: key && formatKey(key) }
  })
}

/** A line of the audit log about a slot; never what opens it. */
export function recordSlot(
  ctx: ServiceContext,
  action: string,
  repositoryId: string,
  slot: KeySlot,
  more: Record<string, unknown> = {},
): void {
  record(ctx, action, { kind: 'repository', id: repositoryId }, { slot: slot.id, kind: slot.kind, label: slot.label, ...more })
}
