import { AppError } from '#lib/base/errors.ts'
import type { TypedSecret } from '#lib/contracts/repository-keys.ts'
import type { SlotSecret } from '#lib/engine/repository/key-slots.ts'
import { parseKey } from '#lib/engine/repository/key-text.ts'

/** What somebody typed that opens a repository; null = nothing. Throws `key_wrong` for what is no key. */
export function slotSecretOf({ passphrase, key }: TypedSecret): SlotSecret | null {
  if (passphrase !== undefined && key !== undefined)
    throw new AppError('invalid_input', { message: 'Give a passphrase, or a recovery key.', hint: 'Either will do.' })
  if (key !== undefined) return { kind: 'key', key: parseKey(key) }
  return passphrase === undefined ? null : { kind: 'passphrase', passphrase }
}
