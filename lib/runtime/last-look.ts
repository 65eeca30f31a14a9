const KEY = Symbol.for('orchive.look')
const holder = globalThis as { [KEY]?: number }

/** Schedules were looked at to the end just now. */
export function noteLook(): void {
  holder[KEY] = performance.now()
}

/** When they last were, in monotonic milliseconds; null = not yet. */
export const lastLookMs = (): number | null => holder[KEY] ?? null
