import { AppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { RIGHTS_OF, type Right, type Role } from '#lib/contracts/rights.ts'
import type { Actor, ServiceContext } from './context.ts'

/** Throws `not_permitted` unless the actor's role has the right, and the token, if any. */
export function requireRight(ctx: Pick<ServiceContext, 'actor'>, right: Right): void {
  const { name, role, standing } = ctx.actor
  if (!RIGHTS_OF[role].includes(right)) {
    throw new AppError('not_permitted', {
      message: `${name} (${role}) does not have the right “${right}”.`,
      hint: 'Ask an admin for a role that has it.',
    })
  }
  if (standing?.scope && !standing.scope.includes(right)) {
    throw new AppError('not_permitted', {
      message: `The token of ${name} was not given the right “${right}”.`,
      hint: 'Make one that has it, on the account page.',
    })
  }
}

const FRESH_MS = 15 * 60_000

/**
 * For what would open every archive to whoever found a browser unlocked: a person of the console has to have signed in a moment ago. Programs with tokens may
 * not do it at all; at a shell of the host, where the keys lie, anybody may.
 */
export function requireFreshSignIn({ actor, clock }: Pick<ServiceContext, 'actor' | 'clock'>): void {
  if (actor.via === 'cli') return
  if (actor.via === 'api') {
    throw new AppError('not_permitted', {
      message: 'Keys of repositories are for people: no token is enough.',
      hint: 'Sign in to the console, or use `orchive repository key` on the host.',
    })
  }
  const ageMs = clock.realNowMs() - (actor.signedInMs ?? Number.NEGATIVE_INFINITY)
  if (ageMs < FRESH_MS) return
  throw new AppError('sign_in_again', {
    message: 'You signed in more than 15 minutes ago, and keys ask for more than an open browser.',
    hint: 'Sign in again, then repeat it.',
  })
}

/** The actor's role in a workspace; null = that workspace is none of theirs. */
export function roleIn({ role, standing }: Actor, workspaceId: WorkspaceId): Role | null {
  if (!standing) return role
  if (standing.only && !standing.only.includes(workspaceId)) return null
  if (role === 'admin') return role
  const own = standing.inWorkspaces.get(workspaceId)
  if (own === undefined) return standing.everywhere ? role : null
  return own === 'none' ? null : own
}

/** Whether a list may show what belongs to this workspace; null = to the host as a whole. */
export function maySee({ actor }: Pick<ServiceContext, 'actor'>, workspaceId: WorkspaceId | null): boolean {
  if (workspaceId !== null) return roleIn(actor, workspaceId) !== null
  return !actor.standing || (actor.standing.only === null && (actor.role === 'admin' || actor.standing.everywhere))
}
