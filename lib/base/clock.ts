/** The one owner of the wall clock. Policy code takes `nowMs` as a parameter instead of a Clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch; fixed under test. For archive times, schedules, retention. */
  nowMs(): number
  /** The machine's own clock, never simulated: file stamps and lock heartbeats. */
  realNowMs(): number
  /** Monotonic milliseconds, for durations. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  realNowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** A clock that stands at `fixedMs` for archive times while file stamps and heartbeats stay real. */
export function fixedClock(fixedMs: number): Clock {
  return { ...systemClock, nowMs: () => fixedMs }
}
