/** How long a storage on a network is waited for. Object stores that are half down accept requests and never answer them. */
export interface Patience {
  /** Until a connection stands. */
  connectMs: number
  /** Without a byte in either direction. */
  idleMs: number
  /** For one request, besides the time for its bytes. */
  deadlineMs: number
  /** The slowest line that is still waited for. */
  slowestBytesPerSecond: number
}

export const USUAL_PATIENCE: Patience = { connectMs: 10_000, idleMs: 60_000, deadlineMs: 90_000, slowestBytesPerSecond: 32_768 }
