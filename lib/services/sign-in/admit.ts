import { type InvitationRecord, listInvitations } from '#db/console/tables/invitations.ts'
import { findPerson } from '#db/console/tables/people.ts'
import type { SignInProblem, SignInProvider } from '#lib/contracts/sign-in.ts'
import type { ServiceContext } from '../context.ts'

/** What a provider vouches for. */
export interface Claims {
  /** Issuer and subject: who it is, whatever the e-mail address is by then. */
  account: string
  email: string | null
  isVerified: boolean
  name: string | null
}

/** What becomes of somebody whom the provider knows and this console does not know by that account yet. */
export type Admission =
  | { kind: 'link'; personId: string }
  | { kind: 'create'; email: string; name: string; invitation: InvitationRecord | null; role: 'viewer' | 'operator' | 'lead' | null }
  | { kind: 'refuse'; problem: SignInProblem }

/** Only an e-mail address that the provider verified says who somebody is. An invitation for it comes before the role of newcomers. */
export function admissionOf(
  ctx: Pick<ServiceContext, 'consoleDb' | 'clock'>,
  provider: SignInProvider,
  { email, isVerified, name }: Claims,
): Admission {
  if (email === null || !isVerified) return { kind: 'refuse', problem: 'unverified' }
  const address = email.toLowerCase()
  const domain = address.slice(address.lastIndexOf('@') + 1)
  if (provider.domains.length > 0 && !provider.domains.includes(domain)) return { kind: 'refuse', problem: 'domain' }
  const person = findPerson(ctx.consoleDb, address)
  if (person) return person.disabledAt === null ? { kind: 'link', personId: person.id } : { kind: 'refuse', problem: 'disabled' }
  const now = new Date(ctx.clock.realNowMs()).toISOString()
  const invitation =
    listInvitations(ctx.consoleDb, now).find((one) => one.kind === 'invitation' && one.email.toLowerCase() === address) ?? null
  if (!invitation && provider.newcomers === null) return { kind: 'refuse', problem: 'uninvited' }
  return { kind: 'create', email: address, name: name || address, invitation, role: invitation ? null : provider.newcomers }
}
