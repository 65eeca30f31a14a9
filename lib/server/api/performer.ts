import type { Perform } from './call.ts'

const KEY = Symbol.for('orchive.perform')
const holder = globalThis as { [KEY]?: Perform }

/** Says where calls are done in this process: the web server has threads for them, and Next's own modules ask here. */
export function offerPerform(perform: Perform): void {
  holder[KEY] = perform
}

/** Where calls are done: in threads, or right here where Next serves by itself. */
export async function performer(): Promise<Perform> {
  return holder[KEY] ?? (await import('./perform.ts')).perform
}
