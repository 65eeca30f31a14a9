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
