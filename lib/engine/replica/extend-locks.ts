/** Locks of a copy: everything that an archive needs stays undeletable for the promised days, reckoned on the store's own clock. */
import { throwIfCancelled } from '../cancelled.ts'
import type { SyncInput } from './replica-types.ts'
import { Turns } from './turns.ts'

const DAY_MS = 86_400_000
/** A lock is set so much longer than promised that it is extended about this often, and not with every sync. */
const MARGIN = 0.1
const PARALLEL = 8

/**
 * When a lock set now ends, and the least that an older one has to last. A store whose clock is ahead of this host's decides: a lock reckoned on a clock that
 * is behind would end too early.
 */
export async function lockTimes({
  place,
  lockDays,
  clock,
}: Pick<SyncInput, 'place' | 'lockDays' | 'clock'>): Promise<{ untilMs: number | null; leastMs: number }> {
  if (!place.immutability || lockDays === null) return { untilMs: null, leastMs: 0 }
  const nowMs = Math.max(clock.nowMs(), await place.immutability.nowMs())
  const marginMs = Math.max(DAY_MS, lockDays * DAY_MS * MARGIN)
  return { untilMs: nowMs + lockDays * DAY_MS + marginMs, leastMs: nowMs + lockDays * DAY_MS }
}

/** Extends the locks of what is still needed and would expire within the promised days; gives how many. */
export async function extendLocks(
  input: SyncInput,
  names: readonly string[],
  onObject: (done: number, name: string) => void,
): Promise<number> {
  const { untilMs, leastMs } = await lockTimes(input)
  const { immutability } = input.place
  if (untilMs === null || !immutability) return 0
  let extended = 0
  const due = names.filter((name) => {
    const known = input.memory.objects[name]
    return known && (known.lockedUntilMs ?? 0) < leastMs
  })
  await new Turns(PARALLEL).all(
    due.map((name) => async () => {
      throwIfCancelled(input.signal)
      onObject(extended, name)
      const known = input.memory.objects[name]!
      // What nothing is remembered of may be locked already.
      const there = known.lockedUntilMs === null ? await immutability.lockOf(name) : null
      known.lockedUntilMs = there && there.untilMs >= leastMs ? there.untilMs : (await immutability.lock(name, untilMs)).untilMs
      extended++
    }),
  )
  return extended
}
