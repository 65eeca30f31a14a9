/** Values out of JSON that somebody else wrote: each look gives the value in its type, or throws what the caller makes of the complaint. */

/** The looks of one kind of document; `wrong` makes an error of "has no list of maps". */
export function checksWith(wrong: (what: string) => Error) {
  const checks = {
    object(value: unknown, what: string): Record<string, unknown> {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`has no object where ${what} should be`)
      return value as Record<string, unknown>
    },
    list(value: unknown, what: string): unknown[] {
      if (!Array.isArray(value)) throw wrong(`has no list of ${what}`)
      return value
    },
    /** Any text, empty or not. */
    string(value: unknown, what: string): string {
      if (typeof value !== 'string') throw wrong(`has no ${what}`)
      return value
    },
    text(value: unknown, what: string): string {
      if (checks.string(value, what) === '') throw wrong(`has no ${what}`)
      return value as string
    },
    texts(value: unknown, what: string): Record<string, string> {
      const found = checks.object(value, what)
      for (const one of Object.values(found)) checks.text(one, what)
      return found as Record<string, string>
    },
    matching(value: unknown, shape: RegExp, what: string): string {
      if (!shape.test(checks.text(value, what))) throw wrong(`has an odd ${what}`)
      return value as string
    },
    absolute(value: unknown, what: string): string {
      const path = checks.text(value, what)
      if (!path.startsWith('/') || path.split('/').includes('..')) throw wrong(`has an odd ${what}`)
      return path
    },
    /** A whole number, from `least` on. */
    whole(value: unknown, what: string, least = 0): number {
      if (!Number.isSafeInteger(value) || (value as number) < least) throw wrong(`has an odd number of ${what}`)
      return value as number
    },
    oneOf<T>(value: unknown, choices: readonly T[], what: string): T {
      const found = choices.find((choice) => choice === value)
      if (found === undefined) throw wrong(`has an odd ${what}`)
      return found
    },
    /** ISO 8601, UTC, with milliseconds, as `Date` writes it. */
    moment(value: unknown, what: string): string {
      const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
      if (Number.isNaN(ms) || new Date(ms).toISOString() !== value) throw wrong(`has an odd time as ${what}`)
      return value
    },
    /** A time in any spelling of ISO 8601. */
    time(value: unknown, what: string): string {
      if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) throw wrong(`has an odd time as ${what}`)
      return value
    },
    orNull<T>(value: unknown, check: (value: unknown, what: string) => T, what: string): T | null {
      return value === null ? null : check(value, what)
    },
  }
  return checks
}
