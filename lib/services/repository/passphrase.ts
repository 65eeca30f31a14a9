import { AppError } from '#lib/base/errors.ts'

const LEAST_CHARACTERS = 12

/** Throws `invalid_input` for a passphrase that guessing would find. */
export function requireGoodPassphrase(passphrase: string): void {
  if ([...passphrase].length >= LEAST_CHARACTERS) return
  throw new AppError('invalid_input', {
    message: `The passphrase is too short: ${LEAST_CHARACTERS} characters are the least.`,
    hint: 'Whoever can read the store can try passphrases for as long as they like. A few words that do not belong together are best.',
  })
}
