import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { claimKey, findKey, type KnownRequest, keepAnswer, releaseKey } from '#db/console/tables/idempotency.ts'
import { AppError } from '#lib/base/errors.ts'
import type { Right } from '#lib/contracts/rights.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'

const KEY = /^[\x21-\x7e]{1,200}$/
const KEEP_MS = 24 * 3_600_000
/** How long one who sends the same again waits for the first answer, and how often it looks. */
const WAIT_MS = 20_000
const LOOK_MS = 50

export interface OnceInput<T> {
  /** What the client calls this request. */
  key: string
  /** Method, address and parsed input: another request with the same key is a mistake. */
  request: unknown
  /** The answer is shown once and not kept. */
  isSecret: boolean
  /** What the first answer takes, also to be read again. */
  right: Right
  run(): Promise<T>
}

/**
 * Does what was asked for once, however often it is sent with the same key by the same person within a day, also at the same time and after a restart;
 * gives the first answer again, to who still has the right. What failed may be sent again. Throws `idempotency_mismatch`, `idempotency_pending`, `idempotency_spent`.
 */
export async function sendOnce<T>(
  ctx: ServiceContext,
  { key, request, isSecret, right, run }: OnceInput<T>,
): Promise<{ answer: T; isRepeated: boolean }> {
  if (!KEY.test(key))
    throw new AppError('invalid_input', { message: 'Idempotency-Key: 1 to 200 visible ASCII characters.', hint: 'A UUID is good.' })
  requireRight(ctx, right)
  const db = ctx.consoleDb
  const person = ctx.actor.id ?? ctx.actor.name
  const requestDigest = createHash('sha256').update(JSON.stringify(request)).digest('hex')
  const nowMs = ctx.clock.realNowMs()
  const createdAt = new Date(nowMs).toISOString()
  const known = claimKey(db, { person, key, requestDigest, createdAt, since: new Date(nowMs - KEEP_MS).toISOString() })
  if (known) return { answer: (await firstAnswer(ctx, person, key, known, requestDigest)) as T, isRepeated: true }
  const answer = await run().catch((error: unknown) => {
    releaseKey(db, person, key)
    throw error
  })
  // Outside of that: what was done stays claimed, also where its answer cannot be kept.
  keepAnswer(db, person, key, 200, isSecret ? null : JSON.stringify(answer))
  return { answer, isRepeated: false }
}

async function firstAnswer(ctx: ServiceContext, person: string, key: string, first: KnownRequest, requestDigest: string): Promise<unknown> {
  if (first.requestDigest !== requestDigest) {
    throw new AppError('idempotency_mismatch', {
      message: `The key ${key} was sent with another request before.`,
      hint: 'Take a new key for each request, and the same only to send the same again.',
    })
  }
  let known: KnownRequest | null = first
  for (let waitedMs = 0; known?.status === null && waitedMs < WAIT_MS; waitedMs += LOOK_MS) {
    await pause(LOOK_MS)
    known = findKey(ctx.consoleDb, person, key)
  }
  if (!known || known.status === null) {
    throw new AppError('idempotency_pending', {
      message: `What was sent with the key ${key} first ${known ? 'has not ended, or its console ended in the middle of it' : 'has failed meanwhile'}.`,
      hint: known ? 'Look whether it was done, then send it with a new key.' : 'Send it again.',
    })
  }
  if (known.answer === null) {
    throw new AppError('idempotency_spent', {
      message: `What was sent with the key ${key} is done, and its answer was shown once.`,
      hint: 'Make another one with a new key; revoke the first if its answer was lost.',
    })
  }
  return JSON.parse(known.answer)
}
