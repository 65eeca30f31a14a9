import 'server-only'
import { betterAuth } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { nextCookies } from 'better-auth/next-js'
import { systemClock } from '#lib/base/clock.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { getContainer } from '#lib/runtime/container.ts'
import { AttemptLimit } from './attempt-limit.ts'

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
    rateLimit: {
      enabled: true,
      storage: 'memory',
      window: MINUTE_S,
      max: 120,
      customRules: { [SIGN_IN]: { window: MINUTE_S, max: signInAttempts } },
    },
    hooks: {
      before: createAuthMiddleware(async ({ path, body }) => {
        if (path !== SIGN_IN || accounts.take(accountOf(body), systemClock.monotonicMs()) === 0) return
        throw new APIError('TOO_MANY_REQUESTS', { message: 'Too many attempts for this account. Wait a minute, then try again.' })
      }),
      after: createAuthMiddleware(async ({ path, body, context }) => {
        if (path === SIGN_IN && context.newSession) accounts.clear(accountOf(body))
      }),
    },
    advanced: { cookiePrefix: 'orchive', ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS] } },
    // It would warn that addresses are not known; here they are left out on purpose.
    logger: { level: 'error' },
    telemetry: { enabled: false },
    plugins: [nextCookies()],
  })
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
  const lastHop = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim()
  if (getContainer().env.trustsProxy && lastHop) headers.set(CLIENT_ADDRESS, lastHop)
  const { url, method, signal } = request
  // A new one, since the framework's own request cannot be copied with other headers.
  const body = method === 'GET' || method === 'HEAD' ? null : await request.text()
  return getAuth().handler(new Request(url, { method, headers, signal, body }))
}

type Auth = ReturnType<typeof createAuth>
const AUTH = Symbol.for('orchive.auth')
const holder = globalThis as { [AUTH]?: Auth }

/** The auth library's instance of this process, made on first use. */
export function getAuth(): Auth {
  holder[AUTH] ??= createAuth()
  return holder[AUTH]
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
