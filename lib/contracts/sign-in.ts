import { z } from 'zod'

const Domain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'is no domain, such as example.org')
  .max(200)

/** A provider of OpenID Connect that people can sign in with. */
export const SignInProviderSchema = z.object({
  /** On the button: “Sign in with …”. */
  label: z.string().trim().min(1, 'is missing').max(60),
  /** Address of the issuer; `/.well-known/openid-configuration` below it is read. */
  issuer: z.url('is no address').max(500),
  clientId: z.string().trim().min(1, 'is missing').max(300),
  /** E-mail addresses of other domains are refused; none = all may. */
  domains: z.array(Domain).max(50),
  /** The role of somebody whom nobody invited, never admin; null = only people who have an account or an invitation. */
  newcomers: z.enum(['viewer', 'operator', 'lead']).nullable(),
})
export type SignInProvider = z.infer<typeof SignInProviderSchema>

/** The secret never comes out; without one that is sent, the one that is kept stays. */
export const SetSignInProviderInput = SignInProviderSchema.extend({ clientSecret: z.string().min(1).max(1000).optional() })
export type SetSignInProviderInput = z.infer<typeof SetSignInProviderInput>

export const SignInSettingsSchema = z.object({
  provider: SignInProviderSchema.nullable(),
  /** Below the console's own address: where the provider has to send people back to. */
  callbackPath: z.string(),
})
export type SignInSettings = z.infer<typeof SignInSettingsSchema>

/** Why a sign-in by a provider came to nothing, as the sign-in page is told. */
export const SIGN_IN_PROBLEMS = [
  'unreachable',
  'refused',
  'over',
  'unverified',
  'domain',
  'uninvited',
  'taken',
  'disabled',
  'failed',
] as const
export type SignInProblem = (typeof SIGN_IN_PROBLEMS)[number]

/** A page of the console, with what its address says of it, and nothing else: no other site, no address that a browser reads as one. Null for whatever is none. */
export const ownPage = (text: unknown): string | null =>
  typeof text === 'string' && text.length <= 2000 && /^(\/[\w-]+)+(\?[\w.~%&=+:@/-]*)?$/.test(text) ? text : null
