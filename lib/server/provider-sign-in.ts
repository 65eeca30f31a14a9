import 'server-only'
import type { BetterAuthPlugin, GenericEndpointContext } from 'better-auth'
import { APIError, createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { removeInvitation } from '#db/console/tables/invitations.ts'
import { getPerson, setAccess } from '#db/console/tables/people.ts'
import { toAppError } from '#lib/base/errors.ts'
import { ownPage, type SignInProblem } from '#lib/contracts/sign-in.ts'
import { contextFor } from '#lib/runtime/container.ts'
import { record } from '#lib/services/audit/record.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { admissionOf, type Claims } from '#lib/services/sign-in/admit.ts'
import { CALLBACK_PATH, type KnownProvider, knownProvider } from '#lib/services/sign-in/provider.ts'
import { providerClient } from '#lib/services/sign-in/provider-client.ts'

/** Among the accounts of the auth library: signed in by the provider. */
const PROVIDER_ID = 'oidc'
const COOKIE = 'provider_state'
/** So long somebody may take at the provider, in seconds. */
const WAIT_S = 600

type AuthContext = GenericEndpointContext

/** A sign-in that came to nothing, for a reason that the sign-in page says in words. */
class Refused extends Error {
  readonly problem: SignInProblem

  constructor(problem: SignInProblem) {
    super(problem)
    this.problem = problem
  }
}

interface Begun {
  verifier: string
  nonce: string
  /** The page that asked for a sign-in of a moment ago, to go on there; null = this is the way in. */
  again: string | null
}

/**
 * Sign-in with a provider of OpenID Connect (code flow with PKCE, state and nonce), as endpoints of the auth library. `originOf` gives the origin that
 * the browser itself used.
 */
export function providerSignIn(originOf: (request: Request) => string, addressOf: (headers: Headers) => string | null): BetterAuthPlugin {
  const start = createAuthEndpoint('/provider/start', { method: 'GET', requireRequest: true }, async (ctx) => {
    const again = ownPage(new URL(ctx.request.url).searchParams.get('again'))
    const address = await begin(ctx, originOf(ctx.request), again).catch((error: unknown) => problemPage(error, again))
    throw ctx.redirect(address)
  })
  const callback = createAuthEndpoint('/provider/callback', { method: 'GET', requireRequest: true }, async (ctx) => {
    const address = await finish(ctx, originOf(ctx.request), addressOf(ctx.request.headers)).catch((error: unknown) => problemPage(error))
    throw ctx.redirect(address)
  })
  return { id: 'provider-sign-in', endpoints: { startProviderSignIn: start, finishProviderSignIn: callback } }
}

/** Nobody yet, for whatever comes before somebody is signed in. */
const nobody = (address: string | null): ServiceContext =>
  contextFor({ id: null, name: 'sign-in', role: 'viewer', via: 'console', address })

async function begin(ctx: AuthContext, origin: string, again: string | null): Promise<string> {
  const { provider, client } = await providerOf(nobody(null))
  const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()]
  const value = JSON.stringify({ verifier, nonce, again } satisfies Begun)
  const expiresAt = new Date(Date.now() + WAIT_S * 1000)
  await ctx.context.internalAdapter.createVerificationValue({ identifier: `provider-${state}`, value, expiresAt })
  const cookie = ctx.context.createAuthCookie(COOKIE, { maxAge: WAIT_S })
  await ctx.setSignedCookie(cookie.name, state, ctx.context.secret, cookie.attributes)
  const address = buildAuthorizationUrl(client, {
    redirect_uri: `${origin}${CALLBACK_PATH}`,
    scope: 'openid email profile',
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  // What asks for more than an open browser asks for more than one that is still known to the provider.
  if (again !== null) address.searchParams.set('prompt', 'login')
  if (provider.domains.length === 1) address.searchParams.set('hd', provider.domains[0]!)
  return address.href
}

async function finish(ctx: AuthContext, origin: string, address: string | null): Promise<string> {
  const service = nobody(address)
  const query = new URL(ctx.request!.url).searchParams
  const state = query.get('state') ?? ''
  const cookie = ctx.context.createAuthCookie(COOKIE)
  const own = await ctx.getSignedCookie(cookie.name, ctx.context.secret)
  const kept = state === '' || own !== state ? null : await ctx.context.internalAdapter.consumeVerificationValue(`provider-${state}`)
  if (!kept || kept.expiresAt < new Date()) throw new Refused('over')
  const begun = JSON.parse(kept.value) as Begun
  try {
    if (query.has('error')) throw new Refused('refused')
    await signInBy(ctx, service, { ...(await providerOf(service)), begun, state, answered: new URL(`${origin}${CALLBACK_PATH}?${query}`) })
    return begun.again ?? '/'
  } catch (error) {
    return problemPage(error, begun.again)
  }
}

async function signInBy(
  ctx: AuthContext,
  service: ServiceContext,
  { provider, client, begun, state, answered }: { provider: KnownProvider; client: Client; begun: Begun; state: string; answered: URL },
): Promise<void> {
  const checks = { pkceCodeVerifier: begun.verifier, expectedState: state, expectedNonce: begun.nonce, idTokenExpected: true }
  const tokens = await authorizationCodeGrant(client, answered, checks)
  const userId = await admit(ctx, service, { provider, claims: await claimsOf(client, tokens) })
  const session = await ctx.context.internalAdapter.createSession(userId)
  const user = await ctx.context.internalAdapter.findUserById(userId)
  if (!session || !user) throw new Refused('failed')
  await setSessionCookie(ctx, { session, user })
}

async function providerOf(service: ServiceContext) {
  const provider = knownProvider(service)
  if (!provider) throw new Refused('failed')
  const client = await providerClient(service, provider).catch((error: unknown) => {
    console.error(toAppError(error).message)
    throw new Refused('unreachable')
  })
  return { provider, client }
}

type Client = Awaited<ReturnType<typeof providerClient>>
type Tokens = Awaited<ReturnType<typeof authorizationCodeGrant>>

/** Who it is. Providers that keep the e-mail address out of the id token are asked for it. */
async function claimsOf(client: Client, tokens: Tokens): Promise<Claims> {
  const token = tokens.claims()
  if (!token) throw new Refused('failed')
  const more = token.email === undefined ? await fetchUserInfo(client, tokens.access_token, token.sub) : token
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
  return { account: `${token.iss} ${token.sub}`, email: text(more.email), isVerified: more.email_verified === true, name: text(more.name) }
}

/** The person whom the claims mean, known before or admitted now; throws `Refused`. */
async function admit(
  ctx: AuthContext,
  service: ServiceContext,
  { provider, claims }: { provider: KnownProvider; claims: Claims },
): Promise<string> {
  const { internalAdapter } = ctx.context
  const known = await internalAdapter.findAccountByKey({ providerId: PROVIDER_ID, accountId: claims.account })
  if (known) {
    if (getPerson(service.consoleDb, known.userId)?.disabledAt != null) throw new Refused('disabled')
    return known.userId
  }
  const admission = admissionOf(service, provider, claims)
  if (admission.kind === 'refuse') throw new Refused(admission.problem)
  if (admission.kind === 'link') {
    const accounts = await internalAdapter.findAccounts(admission.personId)
    // The address went to somebody else at the provider: that is not the person who has the account here.
    if (accounts.some(({ providerId }) => providerId === PROVIDER_ID)) throw new Refused('taken')
    await link(ctx, admission.personId, claims)
    record(service, 'person.link', { kind: 'person', id: admission.personId }, { email: claims.email, issuer: provider.issuer })
    return admission.personId
  }
  const { email, name, invitation, role } = admission
  // Of two who come with one invitation at once, one gets in.
  if (invitation && !removeInvitation(service.consoleDb, invitation.id)) throw new Refused('uninvited')
  const access = invitation?.access ?? { role: role!, everywhere: true, workspaces: [] }
  const user = await internalAdapter.createUser({ name, email, emailVerified: true, role: access.role }, { method: 'oauth' } as never)
  setAccess(service.consoleDb, user.id, access, null)
  await link(ctx, user.id, claims)
  record(service, 'person.create', { kind: 'person', id: user.id }, { email, role: access.role, issuer: provider.issuer })
  return user.id
}

const link = (ctx: AuthContext, userId: string, { account }: Claims) =>
  ctx.context.internalAdapter.linkAccount({ userId, providerId: PROVIDER_ID, accountId: account })

/** Where a failure leads: the sign-in page, which says it in words, and still knows where somebody comes from. What nobody expected is in the server's log. */
function problemPage(error: unknown, again: string | null = null): string {
  const page = (problem: SignInProblem) => `/sign-in?problem=${problem}${again === null ? '' : `&again=${encodeURIComponent(again)}`}`
  if (error instanceof Refused) return page(error.problem)
  if (error instanceof APIError && error.status === 'FORBIDDEN') return page('disabled')
  console.error(`Sign-in with the provider failed: ${toAppError(error).message}`)
  return page('failed')
}
