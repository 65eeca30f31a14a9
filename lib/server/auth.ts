import 'server-only'
import { betterAuth } from 'better-auth'
import { nextCookies } from 'better-auth/next-js'
import type { Role } from '#lib/contracts/rights.ts'
import { getContainer } from '#lib/runtime/container.ts'

function createAuth() {
  const container = getContainer()
  return betterAuth({
    appName: 'Orchive',
    secret: container.secret,
    database: container.consoleDb,
    basePath: '/api/auth',
    trustedOrigins: (request) => (request ? [originOf(request)] : []),
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 10, maxPasswordLength: 256 },
    user: { additionalFields: { role: { type: 'string', required: true, defaultValue: 'viewer', input: false } } },
    session: { expiresIn: 60 * 60 * 24 * 7, updateAge: 60 * 60 * 12 },
    rateLimit: { enabled: true, storage: 'memory', window: 60, max: 120, customRules: { '/sign-in/email': { window: 60, max: 8 } } },
    advanced: { cookiePrefix: 'orchive', ipAddress: { ipAddressHeaders: ['x-forwarded-for'] } },
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
