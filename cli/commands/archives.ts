import { formatAge, formatBytes, formatCount } from '#lib/base/units.ts'
import type { ArchiveSummary, EntryDto, FolderRow } from '#lib/contracts/archive.ts'
import { fileHistory, findNames, listArchives, listEntries, pickArchive } from '#lib/services/archives/read-archives.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { table } from '../output.ts'
import type { Run } from '../program.ts'

const shortTime = (iso: string) => iso.slice(0, 16).replace('T', ' ')

/** `archives [W]` */
export function archives({ ctx, out }: Run, args: string[]): void {
  const workspaceId = args[0] === undefined ? undefined : pickWorkspace(ctx, args[0]).id
  const rows = allPages((cursor) => listArchives(ctx, { workspaceId, cursor, limit: 1000 }))
  if (out.isJson) return out.document(rows)
  if (rows.length === 0) return out.line('No archives yet. Take one with: orchive backup')
  const nowMs = ctx.clock.nowMs()
  const lines = rows.map((row) => [
    row.id,
    shortTime(row.createdAt),
    row.workspace,
    gradeText(row, nowMs),
    formatCount(row.files),
    formatBytes(row.contentBytes),
    formatBytes(row.storedBytes),
    changesText(row),
    marksText(row),
  ])
  for (const line of table(
    [['ARCHIVE', 'CAPTURED (UTC)', 'WORKSPACE', 'GRADE', 'FILES', 'CONTENT', 'NEW', 'CHANGES', ''], ...lines],
    [4, 5, 6],
  ))
    out.line(line)
}

function gradeText(row: ArchiveSummary, nowMs: number): string {
  return row.grade === null || row.gradedAt === null ? '-' : `L${row.grade} ${formatAge(nowMs - Date.parse(row.gradedAt))}`
}

function changesText({ changes }: ArchiveSummary): string {
  return changes === null ? '-' : `+${changes.added} ~${changes.changed} −${changes.removed}`
}

function marksText(row: ArchiveSummary): string {
  const marks = [
    row.kind === 'backup' ? '' : row.kind,
    row.suspect ? 'suspect' : '',
    row.hold ? 'held' : '',
    row.warnings > 0 ? `${row.warnings} warnings` : '',
    row.note ?? '',
  ]
  return marks.filter(Boolean).join(', ')
}

/** `ls ARCHIVE [PATH]` */
export function ls({ ctx, out }: Run, args: string[], options: Record<string, unknown>): void {
  const archiveId = pickArchive(ctx, args[0]!)
  const path = (args[1] ?? '').replace(/\/+$/, '')
  const rows = allPages((cursor) => listEntries(ctx, { archiveId, path, isRecursive: options.recursive === true, cursor, limit: 2000 }))
  if (out.isJson) return out.document(rows.map(jsonRow))
  const lines = rows.map((row) => [
    kindLetter(row) + row.mode,
    formatBytes(row.type === 'dir' ? (row as FolderRow).sizeBytes : row.sizeBytes),
    shortTime(row.mtime),
    row.type === 'dir' ? `${row.path}/` : row.linkTarget ? `${row.path} → ${row.linkTarget}` : row.path,
  ])
  for (const line of table(lines, [1])) out.line(line)
}

const kindLetter = ({ type }: EntryDto) => ({ file: '-', dir: 'd', symlink: 'l', hardlink: 'h' })[type]

function jsonRow(row: EntryDto) {
  const { path, type, sizeBytes, mtime, mode, sha256, uid, gid, linkTarget } = row
  return { path, type, sizeBytes, mtime, mode, sha256, uid, gid, linkTarget }
}

/** `find PATTERN [W]` */
export function find({ ctx, out }: Run, args: string[]): void {
  const workspaceId = args[1] === undefined ? undefined : pickWorkspace(ctx, args[1]).id
  const rows = allPages((cursor) => findNames(ctx, { pattern: args[0]!, cursor, limit: 500, ...(workspaceId ? { workspaceId } : {}) }))
  if (out.isJson) return out.document(rows)
  if (rows.length === 0) return out.line(`No name fits “${args[0]}”.`)
  for (const line of table(
    [
      ['PATH', 'SIZE', 'FIRST (UTC)', 'LAST (UTC)', 'IN'],
      ...rows.map((row) => [row.path, formatBytes(row.sizeBytes), shortTime(row.firstAt), shortTime(row.lastAt), row.lastArchiveId]),
    ],
    [1],
  ))
    out.line(line)
}

/** `history PATH [W]` */
export function history({ ctx, out }: Run, args: string[]): void {
  const versions = fileHistory(ctx, { workspaceId: pickWorkspace(ctx, args[1]).id, path: args[0]! })
  if (out.isJson) return out.document(versions)
  if (versions.length === 0) return out.line(`No archive has ${args[0]}.`)
  const rows = versions.map((version) => [
    shortTime(version.archives.at(-1)!.createdAt),
    `${version.archives.length}`,
    formatBytes(version.sizeBytes),
    shortTime(version.mtime),
    version.sha256?.slice(0, 12) ?? '-',
    version.archives[0]!.id,
  ])
  for (const line of table([['SINCE (UTC)', 'ARCHIVES', 'SIZE', 'MODIFIED', 'SHA-256', 'NEWEST'], ...rows], [1, 2])) out.line(line)
}

function allPages<T>(page: (cursor: string | undefined) => { rows: T[]; nextCursor: string | null }): T[] {
  const rows: T[] = []
  let cursor: string | undefined
  do {
    const next = page(cursor)
    rows.push(...next.rows)
    cursor = next.nextCursor ?? undefined
  } while (cursor !== undefined)
  return rows
}
