const FIRST_MS = 5 * 60_000
const LONGEST_MS = 6 * 3_600_000

/** How long to wait after the `attempts`-th failure in a row (from 1): 5, 15, 45 minutes and so on, at most 6 hours. */
export function backOffMs(attempts: number): number {
  return Math.min(FIRST_MS * 3 ** (attempts - 1), LONGEST_MS)
}
