import 'server-only'
import { betterAuth } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { nextCookies } from 'better-auth/next-js'
import { getPerson } from '#db/console/tables/people.ts'
import { endSessions } from '#db/console/tables/sessions.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { contextFor, getContainer } from '#lib/runtime/container.ts'
import { record } from '#lib/services/audit/record.ts'
import { actorOf } from '#lib/services/people/standing.ts'
import { AttemptLimit } from './attempt-limit.ts'
import { clientAddress } from './client-address.ts'
import type { AskSession } from './known-sessions.ts'
import { providerSignIn } from './provider-sign-in.ts'
import { SpentCodes, twoStep, VERIFY_CODE, VERIFY_RECOVERY } from './two-step.ts'

/** Set by us alone: where a request came from, when something that we trust says so. */
const CLIENT_ADDRESS = 'x-orchive-client-address'
const SIGN_IN = '/sign-in/email'
const MINUTE_S = 60
/** Wrong passwords for one account, wherever they come from. */
const ACCOUNT_ATTEMPTS = 8
/** Attempts from one address; without a trusted proxy nobody can be told from another, and all share one larger allowance. */
const ADDRESS_ATTEMPTS = 8
const SHARED_ATTEMPTS = 40

/**
 * Sign-in is limited twice: by account, and by address or all in all. X-Forwarded-For is what any client can write, so only its last entry counts,
 * and only when a proxy of ours wrote it.
 */
function createAuth() {
  const container = getContainer()
  const codes = new SpentCodes()
  const accounts = new AttemptLimit({ max: ACCOUNT_ATTEMPTS, windowMs: MINUTE_S * 1000 })
  const accountOf = (body: unknown) => String((body as { email?: unknown } | undefined)?.email ?? '').toLowerCase()
  const signInAttempts = container.env.trustsProxy ? ADDRESS_ATTEMPTS : SHARED_ATTEMPTS
  return betterAuth({
    appName: 'Orchive',
    secret: container.secret,
    database: container.consoleDb,
    basePath: '/api/auth',
    trustedOrigins: (request) => (request ? [originOf(request)] : []),
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 10, maxPasswordLength: 256 },
    user: { additionalFields: { role: { type: 'string', required: true, defaultValue: 'viewer', input: false } } },
    session: { expiresIn: 60 * 60 * 24 * 7, updateAge: 60 * 60 * 12 },
    databaseHooks: {
      session: {
        create: {
          before: async ({ userId }) => {
            if (getPerson(container.consoleDb, userId)?.disabledAt == null) return
            throw new APIError('FORBIDDEN', { message: 'This account may not sign in any more. Ask an admin.' })
          },
          after: async ({ userId, ipAddress }, ctx) => {
            if (isSignIn(userId, ctx?.path, ctx?.context.session?.user.id)) recordOf('person.sign-in', userId, ipAddress || null)
          },
        },
      },
    },
    rateLimit: {
      enabled: true,
      storage: 'memory',
      window: MINUTE_S,
      max: 120,
      customRules: Object.fromEntries(
        [SIGN_IN, VERIFY_CODE, VERIFY_RECOVERY].map((path) => [path, { window: MINUTE_S, max: signInAttempts }]),
      ),
    },
    hooks: {
      before: createAuthMiddleware(async ({ path, body }) => {
        if (path === VERIFY_CODE) codes.take(body?.code)
        if (path !== SIGN_IN || accounts.take(accountOf(body), systemClock.monotonicMs()) === 0) return
        throw new APIError('TOO_MANY_REQUESTS', { message: 'Too many attempts for this account. Wait a minute, then try again.' })
      }),
      after: createAuthMiddleware(async ({ path, body, context, headers }) => {
        if (path === SIGN_IN && context.newSession) accounts.clear(accountOf(body))
        const whose = context.session?.user.id ?? context.newSession?.user.id
        const isRefused = context.returned instanceof APIError
        if (path === VERIFY_CODE && isRefused) codes.giveBack(body?.code)
        const done = ACCOUNT_CHANGES[path]
        if (done && whose && !isRefused) recordOf(done, whose, headers ? clientAddress(headers) : null)
      }),
    },
    advanced: { cookiePrefix: 'orchive', ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS] } },
    // It would warn that addresses are not known; here they are left out on purpose.
    logger: { level: 'error' },
    telemetry: { enabled: false },
    plugins: [twoStep(), providerSignIn(originOf, clientAddress), nextCookies()],
  })
}

/** Changes of one's own account that are told in the audit log, by path. */
const ACCOUNT_CHANGES: Readonly<Record<string, string>> = {
  '/change-password': 'person.password',
  '/two-factor/enable': 'person.two-step-begin',
  '/two-factor/disable': 'person.two-step-end',
}

/** A session that is made because somebody came in, not because it is renewed, nor for the moment before a code is asked for. */
function isSignIn(userId: string, path: string | undefined, signedIn: string | undefined): boolean {
  if (path?.startsWith('/two-factor/')) return signedIn === undefined
  return path !== SIGN_IN || !getPerson(getContainer().consoleDb, userId)?.twoStep
}

/** The origin the browser itself used: what a same-origin request must name. */
function originOf(request: Request): string {
  const host = request.headers.get('host')
  const protocol = request.headers.get('x-forwarded-proto') ?? new URL(request.url).protocol.replace(':', '')
  return host ? `${protocol}://${host}` : new URL(request.url).origin
}

/** Answers a request of the auth library's own API, with the address it came from as far as that can be trusted. */
export async function authResponse(request: Request): Promise<Response> {
  const headers = new Headers(request.headers)
  headers.delete(CLIENT_ADDRESS)
  const address = clientAddress(headers)
  if (address) headers.set(CLIENT_ADDRESS, address)
  const { url, method, signal } = request
  // A new one, since the framework's own request cannot be copied with other headers.
  const body = method === 'GET' || method === 'HEAD' ? null : await request.text()
  return getAuth().handler(new Request(url, { method, headers, signal, body }))
}

/** Into the audit log: what a person did to their own account. */
function recordOf(action: string, userId: string, address: string | null): void {
  const person = getPerson(getContainer().consoleDb, userId)
  if (person) record(contextFor(actorOf(person, address)), action, { kind: 'person', id: userId })
}

/** Sets somebody's password and signs them out everywhere. */
export async function replacePassword(userId: string, password: string): Promise<void> {
  const context = await getAuth().$context
  const hash = await context.password.hash(password)
  // Who came by the provider has none to replace.
  if (await context.internalAdapter.findCredentialAccount(userId)) await context.internalAdapter.updatePassword(userId, hash)
  else await context.internalAdapter.linkAccount({ userId, providerId: 'credential', accountId: userId, password: hash })
  endSessions(getContainer().consoleDb, userId)
}

type Auth = ReturnType<typeof createAuth>
const AUTH = Symbol.for('orchive.auth')
const holder = globalThis as { [AUTH]?: Auth }

/** The auth library's instance of this process, made on first use. */
export function getAuth(): Auth {
  holder[AUTH] ??= createAuth()
  return holder[AUTH]
}

/** Whose the cookie of a request is, as the library says; it renews a session that has been used for half a day. */
export const askSession: AskSession = async (headers) => {
  const { response, headers: sent } = await getAuth().api.getSession({ headers, returnHeaders: true })
  return response && { id: response.session.id, personId: response.user.id, cookies: sent?.getSetCookie() ?? [] }
}

/** Creates a person with a password; sign-up over HTTP stays off. */
export async function createUser(input: { name: string; email: string; password: string; role: Role }): Promise<string> {
  const context = await getAuth().$context
  const user = await context.internalAdapter.createUser(
    {
      name: input.name,
      email: input.email.toLowerCase(),
      emailVerified: true,
      role: input.role,
    },
    { method: 'email-password' },
  )
  await context.internalAdapter.linkAccount({
    userId: user.id,
    providerId: 'credential',
    accountId: user.id,
    password: await context.password.hash(input.password),
  })
  return user.id
}
