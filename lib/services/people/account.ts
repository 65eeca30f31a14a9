import { endSession, listSessions } from '#db/console/tables/sessions.ts'
import { AppError } from '#lib/base/errors.ts'
import type { Account, Session } from '#lib/contracts/people.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { personOf, requirePerson } from './people.ts'
import { listTokens } from './tokens.ts'

/** The signed-in person, their sessions and tokens. */
export function getAccount(ctx: ServiceContext, currentSession: string | null): Account {
  const tokens = listTokens(ctx)
  const person = requirePerson(ctx, ctx.actor.id!)
  return { person: personOf(ctx, person), sessions: sessionsOf(ctx, person.id, currentSession), tokens }
}

/** The sessions of one person: one's own, or anybody's for who manages people. */
export function listSessionsOf(ctx: ServiceContext, { person: id }: { person: string }): Session[] {
  requireSelfOr(ctx, id)
  return sessionsOf(ctx, requirePerson(ctx, id).id, null)
}

/** Signs a browser out. */
export function revokeSession(ctx: ServiceContext, { person: id, session }: { person: string; session: string }): Session[] {
  requireSelfOr(ctx, id)
  if (!endSession(ctx.consoleDb, session, id)) {
    throw new AppError('invalid_input', { message: 'This session is over already.', hint: 'Read the list again.' })
  }
  record(ctx, 'session.revoke', { kind: 'person', id }, { session })
  return sessionsOf(ctx, id, null)
}

function sessionsOf(ctx: ServiceContext, id: string, current: string | null): Session[] {
  return listSessions(ctx.consoleDb, id, new Date(ctx.clock.realNowMs()).toISOString()).map((session) => ({
    id: session.id,
    createdAt: session.createdAt,
    lastSeenAt: session.updatedAt,
    expiresAt: session.expiresAt,
    address: session.ipAddress || null,
    browser: session.userAgent || null,
    isCurrent: session.id === current,
  }))
}

function requireSelfOr(ctx: ServiceContext, id: string): void {
  requireRight(ctx, ctx.actor.id === id && ctx.actor.via === 'console' ? 'list' : 'users')
}
