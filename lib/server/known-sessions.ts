/**
 * Sessions are the auth library's: it makes, renews and ends them, and says whose a cookie is. That takes it milliseconds, for which it is asked once a
 * minute and browser; in between a cookie is known, and what may have changed (whether the session goes on, who the person is) is read from the
 * database at each request.
 */
import { systemClock } from '#lib/base/clock.ts'

/** Whose a cookie is. */
export interface Session {
  id: string
  personId: string
}

/** What the auth library says of the headers of a request; null when nobody is signed in by them. `cookies` are `Set-Cookie`s of a renewed session. */
export type AskSession = (headers: Headers) => Promise<(Session & { cookies: readonly string[] }) | null>

const KEY = Symbol.for('orchive.ask-session')
const holder = globalThis as { [KEY]?: AskSession }

/** How long a cookie is known without asking again; sessions are renewed twice a day, so nothing waits for it. */
const KNOWN_MS = 60_000
const MOST_KNOWN = 2000

const known = new Map<string, Session & { untilMs: number }>()

/** Says how sessions are found: the library lives among Next's own modules, and everybody in the thread asks that one. */
export function offerSessions(ask: AskSession): void {
  holder[KEY] = ask
}

/** Asks the library itself. */
export const askSession: AskSession = (headers) => holder[KEY]!(headers)

/** The session of a request; null when its cookie is none. Whether it goes on is for the caller to look up. */
export async function findSession(headers: Headers): Promise<(Session & { cookies: readonly string[] }) | null> {
  const cookie = headers.get('cookie')
  if (!cookie) return null
  const nowMs = systemClock.monotonicMs()
  const before = known.get(cookie)
  if (before && before.untilMs > nowMs) return { id: before.id, personId: before.personId, cookies: [] }
  known.delete(cookie)
  const found = await askSession(headers)
  if (!found) return null
  known.set(cookie, { id: found.id, personId: found.personId, untilMs: nowMs + KNOWN_MS })
  const oldest = known.size > MOST_KNOWN ? known.keys().next().value : undefined
  if (oldest !== undefined) known.delete(oldest)
  return found
}
