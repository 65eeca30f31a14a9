import { getPerson } from '#db/console/tables/people.ts'
import { openSessionSince } from '#db/console/tables/sessions.ts'
import { AppError } from '#lib/base/errors.ts'
import { contextFor, getContainer } from '#lib/runtime/container.ts'
import type { Actor } from '#lib/services/context.ts'
import { actorOf } from '#lib/services/people/standing.ts'
import { actorOfToken, refuseTokenIn } from '#lib/services/people/tokens.ts'
import { clientAddress } from './client-address.ts'
import { findSession } from './known-sessions.ts'

/** Who sends a request. */
export interface Sender {
  /** Who that is by now: cheap, and asked as often as it matters. Throws `not_signed_in` once the session or token is over, or the person may not come in any more. */
  actorNow(): Actor
  /** `Set-Cookie` of a session that was renewed by this request. */
  cookies: readonly string[]
}

/** Who sends this request to the API: a token, or the signed-in person. Throws `not_signed_in`, and `token_exposed` for a token in the address. */
export async function whoSends(request: Request): Promise<Sender> {
  const address = clientAddress(request.headers)
  const { consoleDb } = getContainer()
  refuseTokenIn(contextFor({ id: null, name: 'unknown', role: 'viewer', via: 'api', address }), request.url)
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (bearer !== undefined) return { actorNow: () => actorOfToken(getContainer().contextFor(NOBODY), bearer, address), cookies: [] }
  const session = await findSession(request.headers)
  if (!session) throw notSignedIn()
  const actorNow = () => {
    const since = openSessionSince(consoleDb, session.id, new Date().toISOString())
    const person = since === null ? null : getPerson(consoleDb, session.personId)
    if (since === null || !person || person.disabledAt !== null) throw notSignedIn()
    return actorOf(person, address, null, Date.parse(since))
  }
  return { actorNow, cookies: session.cookies }
}

/** Who sends this request, once. */
export const requireActor = async (request: Request): Promise<Actor> => (await whoSends(request)).actorNow()

const NOBODY: Actor = { id: null, name: 'nobody', role: 'viewer', via: 'api' }

/** The failure of who is not signed in. */
export function notSignedIn(): AppError {
  return new AppError('not_signed_in', { message: 'Nobody is signed in.', hint: 'Sign in and try again.' })
}
