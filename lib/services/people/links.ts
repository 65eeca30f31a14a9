import { findInvitation, type InvitationRecord, putInvitation, removeInvitation } from '#db/console/tables/invitations.ts'
import { findPerson } from '#db/console/tables/people.ts'
import { inTransaction } from '#db/handle.ts'
import { AppError } from '#lib/base/errors.ts'
import { newInvitationId } from '#lib/base/ids.ts'
import type { AccessInput, OneTimeLink } from '#lib/contracts/people.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { hashOfSecret, newSecret } from './one-time.ts'
import { requirePerson, settled } from './people.ts'

const HOUR_MS = 3_600_000
const INVITATION_HOURS = 72
const PASSWORD_HOURS = 24

/** A link with which somebody new makes an account with this access. Throws `person_exists`. */
export function invite(ctx: ServiceContext, { email, access }: { email: string; access: AccessInput }): OneTimeLink {
  requireRight(ctx, 'users')
  const known = findPerson(ctx.consoleDb, email)
  if (known) {
    throw new AppError('person_exists', {
      message: `${email} belongs to ${known.name}.`,
      hint: 'Change their role, or make a link for a new password.',
    })
  }
  return makeLink(ctx, { kind: 'invitation', email: email.toLowerCase(), access: settled(ctx, access), userId: null }, INVITATION_HOURS)
}

/** A link with which somebody sets a new password; all their sessions end when it is used. */
export function makePasswordLink(ctx: ServiceContext, { person: id }: { person: string }): OneTimeLink {
  requireRight(ctx, 'users')
  const { email, role, everywhere, workspaces } = requirePerson(ctx, id)
  return makeLink(ctx, { kind: 'password', email, access: { role, everywhere, workspaces }, userId: id }, PASSWORD_HOURS)
}

/** The open link with this secret; throws `link_invalid`. */
export function lookAtLink(ctx: ServiceContext, secret: string): InvitationRecord {
  const found = findInvitation(ctx.consoleDb, hashOfSecret(secret), new Date(ctx.clock.realNowMs()).toISOString())
  if (found) return found
  throw new AppError('link_invalid', {
    message: 'This link was used, withdrawn, or is over.',
    hint: 'Ask an admin for a new one.',
  })
}

/** Uses a link up, so that of two who try at once one gets in; throws `link_invalid`. */
export function spendLink(ctx: ServiceContext, secret: string): InvitationRecord {
  return inTransaction(ctx.consoleDb, () => {
    const found = lookAtLink(ctx, secret)
    removeInvitation(ctx.consoleDb, found.id)
    return found
  })
}

function makeLink(ctx: ServiceContext, what: Pick<InvitationRecord, 'kind' | 'email' | 'access' | 'userId'>, hours: number): OneTimeLink {
  const secret = newSecret()
  const nowMs = ctx.clock.realNowMs()
  const expiresAt = new Date(nowMs + hours * HOUR_MS).toISOString()
  const id = newInvitationId()
  const made = { ...what, id, madeBy: ctx.actor.name, createdAt: new Date(nowMs).toISOString(), expiresAt }
  putInvitation(ctx.consoleDb, hashOfSecret(secret), made)
  record(ctx, `${what.kind}.link`, { kind: 'invitation', id }, { email: what.email, ...what.access, expiresAt })
  return { path: `/join#token=${secret}`, expiresAt }
}
