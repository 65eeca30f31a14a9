import { findApiToken, insertApiToken, listApiTokens, noteTokenUse, removeApiToken } from '#db/console/tables/api-tokens.ts'
import { getPerson } from '#db/console/tables/people.ts'
import { AppError } from '#lib/base/errors.ts'
import { newApiTokenId, type WorkspaceId } from '#lib/base/ids.ts'
import type { ApiToken } from '#lib/contracts/people.ts'
import type { Right } from '#lib/contracts/rights.ts'
import { record } from '../audit/record.ts'
import { requireRight, roleIn } from '../authorise.ts'
import type { Actor, ServiceContext } from '../context.ts'
import { hashOfSecret, newSecret } from './one-time.ts'
import { actorOf } from './standing.ts'

/** What every token begins with, so that people and scanners know one when they see it. */
export const TOKEN_PREFIX = 'orchive_'
const TOKEN = /orchive_[A-Za-z0-9_-]{24}/
const DAY_MS = 86_400_000
/** A busy token is not written at each request. */
const NOTE_USE_MS = 60_000

interface MakeToken {
  name: string
  scope: readonly Right[]
  workspaceIds: readonly WorkspaceId[] | null
  days: number
}

/** A token for a program of the signed-in person. It never does more than they may, at each request anew. Shown once. */
export function makeToken(ctx: ServiceContext, { name, scope, workspaceIds, days }: MakeToken): { token: string; record: ApiToken } {
  const userId = requireOwner(ctx)
  for (const id of workspaceIds ?? []) {
    if (roleIn(ctx.actor, id) === null)
      throw new AppError('not_permitted', { message: `You have no role in the workspace ${id}.`, hint: 'Name one that you see.' })
  }
  const nowMs = ctx.clock.realNowMs()
  const token = `${TOKEN_PREFIX}${newSecret()}`
  const made = {
    id: newApiTokenId(),
    name,
    scope: [...new Set(scope)] as ApiToken['scope'],
    workspaceIds: workspaceIds && [...new Set(workspaceIds)],
    createdAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + days * DAY_MS).toISOString(),
    lastUsedAt: null,
  }
  if (!insertApiToken(ctx.consoleDb, hashOfSecret(token), { ...made, userId })) {
    throw new AppError('invalid_input', { message: `You have a token named ${name}.`, hint: 'Choose another name, or revoke that one.' })
  }
  record(
    ctx,
    'token.make',
    { kind: 'token', id: made.id },
    { name, scope: made.scope, workspaceIds: made.workspaceIds, expiresAt: made.expiresAt },
  )
  return { token, record: made }
}

/** The signed-in person's tokens, newest first. */
export function listTokens(ctx: ServiceContext): ApiToken[] {
  return listApiTokens(ctx.consoleDb, requireOwner(ctx)).map(({ userId: _, ...token }) => token as ApiToken)
}

/** Takes a token away; it is refused from now on. */
export function revokeToken(ctx: ServiceContext, { token: id }: { token: string }): ApiToken[] {
  const removed = removeApiToken(ctx.consoleDb, id, requireOwner(ctx))
  if (!removed) throw new AppError('token_unknown', { message: `You have no token ${id}.`, hint: 'Read the list again.' })
  record(ctx, 'token.revoke', { kind: 'token', id }, { name: removed.name })
  return listTokens(ctx)
}

/** Who sends this token; throws `not_signed_in` when it is unknown, over, or its owner may not sign in. */
export function actorOfToken(ctx: Pick<ServiceContext, 'consoleDb' | 'clock'>, secret: string, address: string | null): Actor {
  const found = findApiToken(ctx.consoleDb, hashOfSecret(secret))
  const owner = found && getPerson(ctx.consoleDb, found.userId)
  const nowMs = ctx.clock.realNowMs()
  if (!found || !owner || owner.disabledAt !== null) throw refused('This token is not known.')
  if (Date.parse(found.expiresAt) <= nowMs) throw refused(`The token ${found.name} was good until ${found.expiresAt}.`)
  if (found.lastUsedAt === null || nowMs - Date.parse(found.lastUsedAt) > NOTE_USE_MS)
    noteTokenUse(ctx.consoleDb, found.id, new Date(nowMs).toISOString())
  return actorOf(owner, address, { name: found.name, scope: found.scope, only: found.workspaceIds })
}

/** Refuses a request whose address holds a token: by then it stands in histories and logs. The attempt is in the audit log, without the token. */
export function refuseTokenIn(ctx: ServiceContext, url: string): void {
  const secret = TOKEN.exec(url)?.[0]
  if (secret === undefined) return
  const found = findApiToken(ctx.consoleDb, hashOfSecret(secret))
  record(ctx, 'token.exposed', { kind: 'token', id: found?.id ?? null }, found ? { name: found.name } : {})
  throw new AppError('token_exposed', {
    message: 'A token stands in the address of this request, where histories and logs keep it. Nothing was done.',
    hint: `Revoke ${found ? `the token ${found.name}` : 'it'} and send a new one as \`Authorization: Bearer TOKEN\`.`,
  })
}

/** Tokens are a person's, and made by that person in a browser. */
function requireOwner(ctx: ServiceContext): string {
  requireRight(ctx, 'list')
  const { id, via } = ctx.actor
  if (id !== null && via === 'console') return id
  throw new AppError('not_permitted', {
    message: 'Tokens are managed by people who are signed in, not by tokens.',
    hint: 'Sign in to the console.',
  })
}

function refused(message: string): AppError {
  return new AppError('not_signed_in', { message, hint: 'Make a new one on the account page of the console.' })
}
