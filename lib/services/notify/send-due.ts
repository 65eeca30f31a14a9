import { listChannels } from '#db/console/tables/channels.ts'
import { claimDeliveries, type DeliveryRecord, noteFailed, noteSent } from '#db/console/tables/deliveries.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '../context.ts'
import { sendEvent } from './send-event.ts'

/** So many go out at once. */
const AT_ONCE = 8
/** What a process took and did not finish is tried again after this long; longer than any try takes. */
const LEASE_MS = 2 * 60_000
const FIRST_MS = 30_000
const LONGEST_MS = 6 * 3_600_000
/** Over a day altogether; after that nobody waits for the news. */
const MOST_ATTEMPTS = 10

/** How long to wait after the `attempts`-th failure (from 1): 30 s, 2 m, 8 m and so on, at most 6 hours; null = give up. */
export function nextTryAfterMs(attempts: number): number | null {
  return attempts >= MOST_ATTEMPTS ? null : Math.min(FIRST_MS * 4 ** (attempts - 1), LONGEST_MS)
}

/** Sends what waits in the outbox, and notes how it went; never throws for a channel that cannot be reached. Returns how many arrived. */
export async function sendDue(ctx: ServiceContext): Promise<number> {
  const nowMs = ctx.clock.nowMs()
  const iso = (ms: number) => new Date(ms).toISOString()
  const due = claimDeliveries(ctx.consoleDb, iso(nowMs), iso(nowMs + LEASE_MS), AT_ONCE)
  if (due.length === 0) return 0
  const channels = new Map(listChannels(ctx.consoleDb).map((channel) => [channel.id, channel]))
  const send = async (delivery: DeliveryRecord): Promise<number> => {
    const channel = channels.get(delivery.channelId)
    if (!channel) return 0
    try {
      await sendEvent(ctx, channel, delivery.event)
      noteSent(ctx.consoleDb, delivery.id, iso(ctx.clock.nowMs()))
      return 1
    } catch (error) {
      // A ping that is late says nothing any more.
      const waitMs = channel.kind === 'ping' ? null : nextTryAfterMs(delivery.attempts)
      noteFailed(ctx.consoleDb, delivery.id, reasonOf(error), waitMs === null ? null : iso(ctx.clock.nowMs() + waitMs))
      return 0
    }
  }
  return (await Promise.all(due.map(send))).reduce((sum, sent) => sum + sent, 0)
}

/** In one line, without addresses that are secrets: errors of the network name the host at most. */
export function reasonOf(error: unknown): string {
  const { message, hint, code } = toAppError(error)
  const text = code === 'internal' ? message : `${message} ${hint}`
  return text
    .replace(/https?:\/\/\S+/g, '(address)')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500)
}
