import type { Clock } from '#lib/base/clock.ts'
import type { Lease } from './lease.ts'
import type { Repository } from './repository.ts'

/** Work that writes into a repository. */
export interface Writing {
  /** What it is, for people who wait for it: "prune". */
  purpose: string
  clock: Clock
  /** How long to queue behind other writers; 0 = fail at once. */
  waitMs: number
  signal: AbortSignal | undefined
  onWait?: ((holder: string) => void) | undefined
}

/**
 * Does work as the one writer of a repository. Throws `repository_locked` when others write for longer than it waits; where it was taken for dead meanwhile, what
 * went wrong is `lease_lost`, whatever else came of that, unless it was cancelled.
 */
export async function underLease<T>(
  repository: Repository,
  { purpose, clock, waitMs, signal, onWait }: Writing,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const lease = await repository.lock({
    purpose,
    since: new Date(clock.realNowMs()).toISOString(),
    monotonicMs: () => clock.monotonicMs(),
    waitMs,
    ...(signal ? { signal } : {}),
    ...(onWait ? { onWait } : {}),
  })
  try {
    return await work(lease)
  } catch (error) {
    throw signal?.aborted ? error : await lease.reasonFor(error)
  } finally {
    await lease.release()
  }
}
