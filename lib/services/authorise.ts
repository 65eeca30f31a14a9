import { AppError } from '#lib/base/errors.ts'
import { RIGHTS_OF, type Right } from '#lib/contracts/rights.ts'
import type { ServiceContext } from './context.ts'

/** Throws `not_permitted` unless the actor's role has the right. */
export function requireRight(ctx: ServiceContext, right: Right): void {
  if (RIGHTS_OF[ctx.actor.role].includes(right)) return
  throw new AppError('not_permitted', {
    message: `${ctx.actor.name} (${ctx.actor.role}) does not have the right “${right}”.`,
    hint: 'Ask an admin for a role that has it.',
  })
}
