import { AppError } from '#lib/base/errors.ts'
import { type ArchiveId, isArchiveId } from '#lib/base/ids.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { findArchive } from './find-archive.ts'

/** Kinds that `latest` and `@TIME` mean: whole archives of a workspace. A safety archive is never the newest, nor a part. */
export const WHOLE_KINDS = `('backup', 'import')`

/** The SQL behind `latest~N` and `@TIME`: whole archives of a workspace (or of all), newest first. */
export const NEWEST = {
  ofWorkspace: newestSql(
    'INDEXED BY archives_by_workspace',
    'a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND',
  ),
  ofAll: newestSql('INDEXED BY archives_by_time', ''),
}

/** The SQL behind a prefix of an id. */
export const BY_PREFIX = `SELECT a.id FROM archives a WHERE a.id >= :prefix AND a.id < :past AND ${IS_VISIBLE} ORDER BY a.id LIMIT 6`

/**
 * The archive that a person named: an id, a prefix of one (4 characters or more after `arc_`), `latest`, `latest~N`, or
 * `@TIME` (the newest at or before). `workspaceId` narrows all but ids. Throws `archive_unknown`, `archive_ambiguous`
 * (with the candidates) or `usage`.
 */
export function resolveArchive(db: ReadableDb, name: string, workspaceId: string | null = null): ArchiveId {
  if (isArchiveId(name)) return findArchive(db, name)?.id ?? refuse(name)
  if (name.startsWith('arc_')) return byPrefix(db, name)
  const back = /^latest(?:~(\d{1,9}))?$/.exec(name)
  if (back) return newest(db, name, workspaceId, Number.MAX_SAFE_INTEGER, Number(back[1] ?? 0))
  if (name.startsWith('@')) {
    const atMs = Date.parse(name.slice(1))
    if (Number.isNaN(atMs)) throw usage(name, 'is not a time')
    return newest(db, name, workspaceId, atMs, 0)
  }
  throw usage(name, 'does not name an archive')
}

function byPrefix(db: ReadableDb, name: string): ArchiveId {
  if (!/^arc_[0-9a-f]{4,24}$/.test(name)) throw usage(name, 'is no prefix of an archive id')
  const rows = prepared<Record<string, unknown>, { id: ArchiveId }>(db, BY_PREFIX).all({ prefix: name, past: `${name}~` })
  if (rows.length === 1) return rows[0]!.id
  if (rows.length === 0) return refuse(name)
  const candidates = rows.slice(0, 5).map((row) => row.id)
  throw new AppError('archive_ambiguous', {
    message: `${name} fits ${rows.length > 5 ? 'more than 5' : rows.length} archives: ${candidates.join(', ')}${rows.length > 5 ? ', …' : ''}.`,
    hint: 'Give more characters of the id.',
    context: { candidates },
  })
}

function newest(db: ReadableDb, name: string, workspaceId: string | null, atMs: number, back: number): ArchiveId {
  const row = prepared<Record<string, unknown>, { id: ArchiveId }>(db, workspaceId === null ? NEWEST.ofAll : NEWEST.ofWorkspace).get({
    ...(workspaceId === null ? {} : { workspaceId }),
    atMs,
    back,
  })
  return (
    row?.id ?? refuse(name, back === 0 && atMs === Number.MAX_SAFE_INTEGER ? 'None was taken yet: `orchive backup` takes the first. ' : '')
  )
}

function newestSql(index: string, scope: string): string {
  return `SELECT a.id FROM archives a ${index}
     WHERE ${scope} ${IS_VISIBLE} AND a.kind IN ${WHOLE_KINDS} AND a.created_at_ms <= :atMs
     ORDER BY a.created_at_ms DESC, a.id DESC LIMIT 1 OFFSET :back`
}

function refuse(name: string, why = ''): never {
  throw new AppError('archive_unknown', {
    message: name.startsWith('@') ? `There is no archive of ${name.slice(1)} or before.` : `There is no archive ${name}.`,
    hint: `${why}See the list with \`orchive archives\`; if it lies in the repository, \`orchive catalog rebuild\` brings it back.`,
    context: { archive: name },
  })
}

function usage(name: string, why: string): AppError {
  return new AppError('usage', {
    message: `${JSON.stringify(name)} ${why}.`,
    hint: 'Name an archive by id, by a prefix of it (arc_ and 4 characters or more), latest, latest~N, or @TIME such as @2026-11-24T02:00Z.',
  })
}
