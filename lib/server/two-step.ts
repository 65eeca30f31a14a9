import 'server-only'
import { APIError } from 'better-auth/api'
import { twoFactor } from 'better-auth/plugins'
import { systemClock } from '#lib/base/clock.ts'

/** Where a code of the authenticator app is sent. */
export const VERIFY_CODE = '/two-factor/verify-totp'
/** Where a recovery code is sent. */
export const VERIFY_RECOVERY = '/two-factor/verify-backup-code'
/** A code counts for its own half minute and the ones beside it. */
const CODE_LIFE_MS = 90_000

/** Two-step sign-in by codes of an authenticator app (RFC 6238), with ten recovery codes. Ten wrong codes lock the second step for a quarter of an hour. */
export const twoStep = () =>
  twoFactor({
    issuer: 'Orchive',
    // No browser is let off: its own cookie for that is over at once.
    trustDeviceMaxAge: 1,
    twoFactorCookieMaxAge: 600,
    accountLockout: { enabled: true, maxFailedAttempts: 10, durationSeconds: 900 },
  })

/** Codes that were taken: each counts once (RFC 6238 §5.2), whoever reads over a shoulder. */
export class SpentCodes {
  private readonly spentMs = new Map<string, number>()

  /** Takes a code; throws for one that was taken a moment ago. */
  take(code: unknown): void {
    const nowMs = systemClock.monotonicMs()
    for (const [spent, atMs] of this.spentMs) if (nowMs - atMs > CODE_LIFE_MS) this.spentMs.delete(spent)
    if (this.spentMs.has(String(code))) {
      throw new APIError('BAD_REQUEST', { message: 'This code was used already. Wait for the next one.' })
    }
    this.spentMs.set(String(code), nowMs)
  }

  /** Gives back one that let nobody in. */
  giveBack(code: unknown): void {
    this.spentMs.delete(String(code))
  }
}
