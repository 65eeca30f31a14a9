import 'server-only'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { getPerson, type PersonRecord } from '#db/console/tables/people.ts'
import { ownPage, type SignInProvider } from '#lib/contracts/sign-in.ts'
import { getContainer } from '#lib/runtime/container.ts'
import type { Actor, ServiceContext } from '#lib/services/context.ts'
import { actorOf } from '#lib/services/people/standing.ts'
import { shownProvider } from '#lib/services/sign-in/provider.ts'
import { notSignedIn } from './actor.ts'
import { getAuth } from './auth.ts'
import { clientAddress } from './client-address.ts'
import { contextAbout } from './context-about.ts'

interface OpenSession {
  person: PersonRecord
  sessionId: string
  /** When they signed in for it. */
  signedInMs: number
}

/** The signed-in person of a request, as they are now; null when nobody is. */
async function readSession(sent: Headers): Promise<OpenSession | null> {
  const session = await getAuth().api.getSession({ headers: sent })
  const person = session && getPerson(getContainer().consoleDb, session.user.id)
  const signedInMs = session === null ? 0 : new Date(session.session.createdAt).getTime()
  return person && person.disabledAt === null ? { person, sessionId: session.session.id, signedInMs } : null
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
  return contextAbout(actorOf(session.person, clientAddress(await headers()), null, session.signedInMs), input)
}

/** Who looks at a page; null when nobody is signed in. */
export async function currentActor(): Promise<Actor | null> {
  const session = await currentSession()
  return session && actorOf(session.person, clientAddress(await headers()))
}

/** Which page is asked for, as `proxy.ts` says it. */
const PAGE_HEADER = 'x-page'

/** Where somebody signs in, and goes on to the page that was asked for: an address that a colleague sent leads there. */
function signInPage(asked: string | null): string {
  const again = ownPage(asked)
  return again === null ? '/sign-in' : `/sign-in?again=${encodeURIComponent(again)}`
}

/** The signed-in person of a page; sends others to sign-in, or to set-up while there is nobody at all. */
export async function requirePage(): Promise<{ person: PersonRecord; sessionId: string; ctx: ServiceContext }> {
  const session = await currentSession()
  if (!session) redirect(isSetUp() ? signInPage((await headers()).get(PAGE_HEADER)) : '/set-up')
  return { ...session, ctx: contextAbout(actorOf(session.person, clientAddress(await headers())), null) }
}
