import 'server-only'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { getPerson, type PersonRecord } from '#db/console/tables/people.ts'
import { isOpenSession } from '#db/console/tables/sessions.ts'
import { AppError } from '#lib/base/errors.ts'
import type { SignInProvider } from '#lib/contracts/sign-in.ts'
import { contextFor, getContainer } from '#lib/runtime/container.ts'
import type { Actor, ServiceContext } from '#lib/services/context.ts'
import { actorAbout } from '#lib/services/people/actor-about.ts'
import { actorOf } from '#lib/services/people/standing.ts'
import { actorOfToken, refuseTokenIn } from '#lib/services/people/tokens.ts'
import { shownProvider } from '#lib/services/sign-in/provider.ts'
import { clientAddress, getAuth } from './auth.ts'

/** The signed-in person of a request, as they are now; null when nobody is. */
async function readSession(sent: Headers): Promise<{ person: PersonRecord; sessionId: string } | null> {
  const session = await getAuth().api.getSession({ headers: sent })
  const person = session && getPerson(getContainer().consoleDb, session.user.id)
  return person && person.disabledAt === null ? { person, sessionId: session.session.id } : null
}

/** The same, read once a request. */
const currentSession = cache(async () => readSession(await headers()))

/** Whether somebody is signed in. */
export const isSignedIn = async (): Promise<boolean> => (await currentSession()) !== null

/** The provider that people can sign in with; null = passwords only. */
export const offeredProvider = (): SignInProvider | null => shownProvider(getContainer())

/** Whether the first admin exists. */
export const isSetUp = (): boolean => getContainer().hasUsers()

/** The service context of the signed-in person for what they sent; throws `not_signed_in`, and `not_permitted` for a workspace that is none of theirs. For actions. */
export async function requireContext(input: unknown): Promise<ServiceContext> {
  const session = await currentSession()
  if (!session) throw notSignedIn()
  return contextAbout(actorOf(session.person, clientAddress(await headers())), input)
}

/**
 * Who sends this request to the API: a token, or the signed-in person. Throws `not_signed_in`, and `token_exposed` for a token in the address.
 * Asked again later it says who that is by then.
 */
export async function requireActor(request: Request): Promise<Actor> {
  return (await followActor(request))()
}

/**
 * Who sends a request that stays open: gives a way to ask, cheaply and again and again, who that is by then. That throws `not_signed_in` for a token that
 * is not known, and once the session has ended or the person may not come in any more.
 */
export async function followActor(request: Request): Promise<() => Actor> {
  const address = clientAddress(request.headers)
  const { consoleDb } = getContainer()
  refuseTokenIn(contextFor({ id: null, name: 'unknown', role: 'viewer', via: 'api', address }), request.url)
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (bearer !== undefined) return () => actorOfToken(getContainer().contextFor(NOBODY), bearer, address)
  const session = await readSession(request.headers)
  if (!session) throw notSignedIn()
  return () => {
    const person = isOpenSession(consoleDb, session.sessionId, new Date().toISOString()) ? getPerson(consoleDb, session.person.id) : null
    if (!person || person.disabledAt !== null) throw notSignedIn()
    return actorOf(person, address)
  }
}

const NOBODY: Actor = { id: null, name: 'nobody', role: 'viewer', via: 'api' }

/** The context of somebody for one parsed input. */
export const contextAbout = (actor: Actor, input: unknown): ServiceContext => contextFor(actorAbout(contextFor(actor), input))

/** The signed-in person of a page; sends others to sign-in, or to set-up while there is nobody at all. */
export async function requirePage(): Promise<{ person: PersonRecord; sessionId: string; ctx: ServiceContext }> {
  const session = await currentSession()
  if (!session) redirect(isSetUp() ? '/sign-in' : '/set-up')
  return { ...session, ctx: contextAbout(actorOf(session.person, clientAddress(await headers())), null) }
}

function notSignedIn(): AppError {
  return new AppError('not_signed_in', { message: 'Nobody is signed in.', hint: 'Sign in and try again.' })
}
