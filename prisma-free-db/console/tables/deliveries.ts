import type { ChannelId, Delivery, NotifyEvent } from '#lib/contracts/notify.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** Something that is to be sent to one channel. */
export interface DeliveryRecord extends Omit<Delivery, 'channel'> {
  channelId: ChannelId
}

interface Row extends Omit<DeliveryRecord, 'event'> {
  event: string
}

const COLUMNS =
  'id, channel_id AS channelId, event, status, attempts, next_try_at AS nextTryAt, error, created_at AS createdAt, sent_at AS sentAt'
const fromRow = <T extends Row>(row: T) => ({ ...row, event: JSON.parse(row.event) as NotifyEvent })

/** Queues an event for a channel; the same event for the same channel is queued once, whoever raises it. */
export function insertDelivery(
  db: WritableDb,
  delivery: { id: string; channelId: ChannelId; event: NotifyEvent; nextTryAt: string; createdAt: string },
): boolean {
  return (
    prepared<Record<string, unknown>>(
      db,
      `INSERT INTO deliveries (id, channel_id, event_id, event, status, attempts, next_try_at, created_at)
       VALUES (:id, :channelId, :eventId, :event, 'waiting', 0, :nextTryAt, :createdAt) ON CONFLICT (channel_id, event_id) DO NOTHING`,
    ).run({ ...delivery, eventId: delivery.event.id, event: JSON.stringify(delivery.event) }).changes === 1
  )
}

/**
 * Takes the deliveries that are to be tried now, and puts their next try off to `leaseUntil`: another console leaves them alone, and what a
 * process took that died is tried again then.
 */
export function claimDeliveries(db: WritableDb, now: string, leaseUntil: string, limit: number): DeliveryRecord[] {
  return prepared<Record<string, unknown>, Row>(
    db,
    `UPDATE deliveries SET attempts = attempts + 1, next_try_at = :leaseUntil
     WHERE id IN (SELECT id FROM deliveries WHERE status = 'waiting' AND next_try_at <= :now ORDER BY next_try_at LIMIT :limit)
     RETURNING ${COLUMNS}`,
  )
    .all({ now, leaseUntil, limit })
    .map(fromRow)
}

/** Notes that a delivery arrived. */
export function noteSent(db: WritableDb, id: string, sentAt: string): void {
  prepared<[string, string]>(
    db,
    `UPDATE deliveries SET status = 'sent', sent_at = ?, next_try_at = NULL, error = NULL WHERE id = ? AND status = 'waiting'`,
  ).run(sentAt, id)
}

/** Notes why a delivery did not arrive; with null as the next try it is given up. */
export function noteFailed(db: WritableDb, id: string, error: string, nextTryAt: string | null): void {
  prepared<Record<string, unknown>>(
    db,
    `UPDATE deliveries SET status = CASE WHEN :nextTryAt IS NULL THEN 'given-up' ELSE 'waiting' END, error = :error, next_try_at = :nextTryAt
     WHERE id = :id AND status = 'waiting'`,
  ).run({ id, error, nextTryAt })
}

/** The newest deliveries, newest first, each with its channel's name. */
export function listDeliveries(db: ReadableDb, limit: number): Delivery[] {
  return prepared<[number], Row & { channel: string }>(
    db,
    `SELECT ${COLUMNS}, (SELECT name FROM channels WHERE channels.id = deliveries.channel_id) AS channel
     FROM deliveries ORDER BY created_at DESC, id DESC LIMIT ?`,
  )
    .all(limit)
    .map(fromRow)
    .map(({ channelId: _, ...delivery }) => delivery)
}

/** When a channel was last reached, and why its newest try failed if it did. */
export function stateOfChannel(db: ReadableDb, channelId: ChannelId): { lastSentAt: string | null; lastError: string | null } {
  const sent = prepared<[string], { at: string | null }>(db, 'SELECT MAX(sent_at) AS at FROM deliveries WHERE channel_id = ?').get(
    channelId,
  )
  const newest = prepared<[string], { error: string | null }>(
    db,
    'SELECT error FROM deliveries WHERE channel_id = ? AND attempts > 0 ORDER BY created_at DESC, id DESC LIMIT 1',
  ).get(channelId)
  return { lastSentAt: sent?.at ?? null, lastError: newest?.error ?? null }
}

/** How many wait, and how many were given up. */
export function countDeliveries(db: ReadableDb): { waiting: number; givenUp: number } {
  return prepared<[], { waiting: number; givenUp: number }>(
    db,
    `SELECT COUNT(*) FILTER (WHERE status = 'waiting') AS waiting, COUNT(*) FILTER (WHERE status = 'given-up') AS givenUp FROM deliveries`,
  ).get()!
}

/** Removes what ended before `before`, so that the outbox does not grow for ever. */
export function sweepDeliveries(db: WritableDb, before: string): number {
  return prepared<[string]>(db, `DELETE FROM deliveries WHERE status = 'sent' AND created_at < ?`).run(before).changes
}
