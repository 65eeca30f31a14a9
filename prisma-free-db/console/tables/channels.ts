import { AppError } from '#lib/base/errors.ts'
import type { ChannelId, ChannelKind, EmailTarget, Matcher } from '#lib/contracts/notify.ts'
import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** What is kept of a channel in the clear. */
export interface ChannelConfig extends Matcher {
  email: EmailTarget | null
  everyMinutes: number | null
  /** Scheme and host of its address; null for e-mail. */
  origin: string | null
}

export interface ChannelRecord {
  id: ChannelId
  name: string
  kind: ChannelKind
  config: ChannelConfig
  /** Sealed text. */
  secrets: string
  lastPingAt: string | null
}

interface Row extends Omit<ChannelRecord, 'config'> {
  config: string
}

const COLUMNS = 'id, name, kind, config, secrets, last_ping_at AS lastPingAt'
const fromRow = (row: Row): ChannelRecord => ({ ...row, config: JSON.parse(row.config) as ChannelConfig })

/** Every channel, by name. */
export function listChannels(db: ReadableDb): ChannelRecord[] {
  return prepared<[], Row>(db, `SELECT ${COLUMNS} FROM channels ORDER BY name, id`).all().map(fromRow)
}

/** The channel with this id or name, or null. */
export function findChannel(db: ReadableDb, idOrName: string): ChannelRecord | null {
  const row = prepared<[string, string], Row>(db, `SELECT ${COLUMNS} FROM channels WHERE id = ? OR name = ?`).get(idOrName, idOrName)
  return row ? fromRow(row) : null
}

/** Stores a channel, new or changed; throws `invalid_input` when its name is another one's. */
export function putChannel(db: WritableDb, channel: Omit<ChannelRecord, 'lastPingAt'>, at: string): void {
  inTransaction(db, () => {
    const twin = findChannel(db, channel.name)
    if (twin && twin.id !== channel.id) {
      throw new AppError('invalid_input', { message: `There is already a channel named ${twin.name}.`, hint: 'Choose another name.' })
    }
    prepared<Record<string, unknown>>(
      db,
      `INSERT INTO channels (id, name, kind, config, secrets, created_at, updated_at) VALUES (:id, :name, :kind, :config, :secrets, :at, :at)
       ON CONFLICT (id) DO UPDATE
       SET name = excluded.name, kind = excluded.kind, config = excluded.config, secrets = excluded.secrets, updated_at = excluded.updated_at`,
    ).run({ ...channel, config: JSON.stringify(channel.config), at })
  })
}

/** Removes a channel and what was to be sent to it. */
export function deleteChannel(db: WritableDb, id: ChannelId): void {
  prepared<[string]>(db, 'DELETE FROM channels WHERE id = ?').run(id)
}

/** Notes that a ping is made; false when another process made it since `before`. */
export function claimPing(db: WritableDb, id: ChannelId, before: string | null, at: string): boolean {
  return (
    prepared<[string, string, string | null]>(db, 'UPDATE channels SET last_ping_at = ? WHERE id = ? AND last_ping_at IS ?').run(
      at,
      id,
      before,
    ).changes === 1
  )
}
