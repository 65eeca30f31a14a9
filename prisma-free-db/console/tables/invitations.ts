import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'
import type { Access } from './people.ts'

/** A link that works once: it makes a person, or gives one a new password. */
export interface InvitationRecord {
  id: string
  kind: 'invitation' | 'password'
  email: string
  access: Access
  /** Whose password; null for who is new. */
  userId: string | null
  madeBy: string
  createdAt: string
  expiresAt: string
}

interface Row extends Omit<InvitationRecord, 'access'> {
  access: string
}

const SELECT = `SELECT id, kind, email, access, user_id AS userId, made_by AS madeBy, created_at AS createdAt, expires_at AS expiresAt FROM invitations`

/** Keeps a link; an older one of the same kind for the same address stops working. */
export function putInvitation(db: WritableDb, tokenHash: string, invitation: InvitationRecord): void {
  prepared<[string, string]>(db, 'DELETE FROM invitations WHERE email = ? AND kind = ?').run(invitation.email, invitation.kind)
  prepared<Record<string, unknown>>(
    db,
    `INSERT INTO invitations (id, token_hash, kind, email, access, user_id, made_by, created_at, expires_at)
     VALUES (:id, :tokenHash, :kind, :email, :access, :userId, :madeBy, :createdAt, :expiresAt)`,
  ).run({ ...invitation, tokenHash, access: JSON.stringify(invitation.access) })
}

/** Those that can still be used, newest first. */
export function listInvitations(db: ReadableDb, now: string): InvitationRecord[] {
  return prepared<[string], Row>(db, `${SELECT} WHERE expires_at > ? ORDER BY created_at DESC, id`).all(now).map(recordOf)
}

/** The link with this token; null when it is unknown, used or over. */
export function findInvitation(db: ReadableDb, tokenHash: string, now: string): InvitationRecord | null {
  const row = prepared<[string, string], Row>(db, `${SELECT} WHERE token_hash = ? AND expires_at > ?`).get(tokenHash, now)
  return row ? recordOf(row) : null
}

/** Takes a link away; false when it was used or taken away before. */
export function removeInvitation(db: WritableDb, id: string): boolean {
  return prepared<[string]>(db, 'DELETE FROM invitations WHERE id = ?').run(id).changes === 1
}

function recordOf(row: Row): InvitationRecord {
  return { ...row, access: JSON.parse(row.access) as Access }
}
