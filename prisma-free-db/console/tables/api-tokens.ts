import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Right } from '#lib/contracts/rights.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** What a program sends instead of a password, and what it may do with it. */
export interface ApiTokenRecord {
  id: string
  userId: string
  name: string
  /** Of the owner's rights, at each request, those named here. */
  scope: Right[]
  /** Null = all that the owner sees. */
  workspaceIds: WorkspaceId[] | null
  createdAt: string
  expiresAt: string
  lastUsedAt: string | null
}

interface Row extends Omit<ApiTokenRecord, 'scope' | 'workspaceIds'> {
  scope: string
  workspaceIds: string | null
}

const SELECT = `SELECT id, user_id AS userId, name, scope, workspaces AS workspaceIds, created_at AS createdAt, expires_at AS expiresAt,
    last_used_at AS lastUsedAt FROM api_tokens`

/** Keeps a token; false when its owner has one of that name. */
export function insertApiToken(db: WritableDb, tokenHash: string, token: ApiTokenRecord): boolean {
  const { changes } = prepared<Record<string, unknown>>(
    db,
    `INSERT INTO api_tokens (id, user_id, name, token_hash, scope, workspaces, created_at, expires_at, last_used_at)
     VALUES (:id, :userId, :name, :tokenHash, :scope, :workspaceIds, :createdAt, :expiresAt, :lastUsedAt) ON CONFLICT (user_id, name) DO NOTHING`,
  ).run({
    ...token,
    tokenHash,
    scope: JSON.stringify(token.scope),
    workspaceIds: token.workspaceIds === null ? null : JSON.stringify(token.workspaceIds),
  })
  return changes === 1
}

/** All of one person, newest first. */
export function listApiTokens(db: ReadableDb, userId: string): ApiTokenRecord[] {
  return prepared<[string], Row>(db, `${SELECT} WHERE user_id = ? ORDER BY created_at DESC, id`).all(userId).map(recordOf)
}

/** The token of this hash, also one whose time is over; null when there is none. */
export function findApiToken(db: ReadableDb, tokenHash: string): ApiTokenRecord | null {
  const row = prepared<[string], Row>(db, `${SELECT} WHERE token_hash = ?`).get(tokenHash)
  return row ? recordOf(row) : null
}

/** Notes that a token was used. */
export function noteTokenUse(db: WritableDb, id: string, at: string): void {
  prepared<[string, string]>(db, 'UPDATE api_tokens SET last_used_at = ? WHERE id = ?').run(at, id)
}

/** Takes a token of a person away; null when there is none of that id. */
export function removeApiToken(db: WritableDb, id: string, userId: string): ApiTokenRecord | null {
  const row = prepared<[string, string], Row>(
    db,
    `DELETE FROM api_tokens WHERE id = ? AND user_id = ? RETURNING id, user_id AS userId, name, scope, workspaces AS workspaceIds,
       created_at AS createdAt, expires_at AS expiresAt, last_used_at AS lastUsedAt`,
  ).get(id, userId)
  return row ? recordOf(row) : null
}

function recordOf(row: Row): ApiTokenRecord {
  return {
    ...row,
    scope: JSON.parse(row.scope) as Right[],
    workspaceIds: row.workspaceIds === null ? null : (JSON.parse(row.workspaceIds) as WorkspaceId[]),
  }
}
