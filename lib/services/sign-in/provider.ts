import { getSetting, putSetting } from '#db/console/tables/settings.ts'
import { AppError } from '#lib/base/errors.ts'
import { type SetSignInProviderInput, type SignInProvider, SignInProviderSchema, type SignInSettings } from '#lib/contracts/sign-in.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { openSecrets, sealSecrets } from '../notify/secret-box.ts'
import { providerClient } from './provider-client.ts'

const SETTING = 'sign-in.provider'
/** Where providers send people back to. */
export const CALLBACK_PATH = '/api/auth/provider/callback'

/** A provider with the secret that this console is known by. */
export interface KnownProvider extends SignInProvider {
  clientSecret: string
}

type Stored = SignInProvider & { sealed: string }

/** The provider that people can sign in with, without its secret; null = none. Asked by the sign-in page for whoever comes. */
export function shownProvider({ consoleDb }: Pick<ServiceContext, 'consoleDb'>): SignInProvider | null {
  const stored = getSetting(consoleDb, SETTING)
  return stored === null ? null : SignInProviderSchema.parse(stored)
}

/** The same with the secret. */
export function knownProvider(ctx: Pick<ServiceContext, 'consoleDb' | 'paths'>): KnownProvider | null {
  const provider = shownProvider(ctx)
  if (!provider) return null
  const { sealed } = getSetting(ctx.consoleDb, SETTING) as Stored
  return { ...provider, clientSecret: openSecrets(ctx, sealed).clientSecret ?? '' }
}

/** How people can sign in, apart from passwords. */
export function signInSettings(ctx: ServiceContext): SignInSettings {
  requireRight(ctx, 'users')
  return { provider: shownProvider(ctx), callbackPath: CALLBACK_PATH }
}

/** Makes people able to sign in with a provider, once it answers as one. Throws `invalid_input` without a secret, `io_failed` when it does not answer. */
export async function setSignInProvider(
  ctx: ServiceContext,
  { clientSecret, ...provider }: SetSignInProviderInput,
): Promise<SignInSettings> {
  requireRight(ctx, 'users')
  const { protocol, hostname } = new URL(provider.issuer)
  if (protocol !== 'https:' && !(protocol === 'http:' && ctx.notifyAllow.includes(hostname.toLowerCase()))) {
    throw new AppError('invalid_input', {
      message: `${provider.issuer} is not an https address.`,
      hint: 'What a provider says has to come over TLS. For a trial on this host, name it in ORCHIVE_NOTIFY_ALLOW.',
    })
  }
  const secret = clientSecret ?? knownProvider(ctx)?.clientSecret
  if (!secret)
    throw new AppError('invalid_input', {
      message: 'clientSecret is missing.',
      hint: 'The provider shows it where this console was registered.',
    })
  await providerClient(ctx, { ...provider, clientSecret: secret })
  const stored: Stored = { ...provider, sealed: sealSecrets(ctx, { clientSecret: secret }) }
  putSetting(ctx.consoleDb, SETTING, stored, new Date(ctx.clock.nowMs()).toISOString())
  record(ctx, 'sign-in.provider', { kind: 'sign-in', id: provider.issuer }, { ...provider, secretChanged: clientSecret !== undefined })
  return signInSettings(ctx)
}

/** Ends sign-in with the provider; who came by it needs a password from then on. Sessions stay. */
export function removeSignInProvider(ctx: ServiceContext): SignInSettings {
  requireRight(ctx, 'users')
  const provider = shownProvider(ctx)
  if (provider) {
    putSetting(ctx.consoleDb, SETTING, null, new Date(ctx.clock.nowMs()).toISOString())
    record(ctx, 'sign-in.provider-end', { kind: 'sign-in', id: provider.issuer })
  }
  return signInSettings(ctx)
}
