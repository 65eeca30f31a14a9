import { countPeople } from '#db/console/tables/people.ts'
import { putSetupToken, spendSetupToken } from '#db/console/tables/settings.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '../context.ts'
import { hashOfSecret, newSecret } from './one-time.ts'

const nowOf = (ctx: ServiceContext) => new Date(ctx.clock.realNowMs()).toISOString()

/** A fresh one-time token for the first admin; null once somebody exists. Older tokens stop working. */
export function makeSetupToken(ctx: ServiceContext): string | null {
  if (countPeople(ctx.consoleDb) > 0) return null
  const token = newSecret()
  putSetupToken(ctx.consoleDb, hashOfSecret(token), nowOf(ctx))
  return token
}

/** Uses the token up; throws `not_permitted` when it is wrong, used, or set-up is over. */
export function claimSetupToken(ctx: ServiceContext, token: string): void {
  if (countPeople(ctx.consoleDb) === 0 && spendSetupToken(ctx.consoleDb, hashOfSecret(token), nowOf(ctx))) return
  throw new AppError('not_permitted', {
    message: 'This set-up token is not valid any more.',
    hint: 'Start the console again: it prints a new one as long as there is no admin.',
  })
}
