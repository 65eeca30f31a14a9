import { formatAge, formatBytes, formatCount } from '#lib/base/units.ts'
import type { ArchiveSummary, EntryDto, FolderRow, ListedArchive } from '#lib/contracts/archive.ts'
import { fileHistory, findNames, listArchives, listEntries } from '#lib/services/archives/read-archives.ts'
import { archivePathOf, namedArchive, namedWorkspace, prepareCatalog } from '../named.ts'
import type { Output } from '../output.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'
import { oneLine } from '../table.ts'

/** `archives [W]` */
export async function archives(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  const workspaceId = args[0] === undefined ? undefined : namedWorkspace(run, args[0]).id
  await prepareCatalog(run)
  const rows = allPages((cursor) => listArchives(ctx, { workspaceId, cursor, limit: 1000 }))
  if (out.isJson) return out.document(rows)
  if (rows.length === 0) return out.said('No archives yet. Take one with: orchive backup')
  const nowMs = ctx.clock.nowMs()
  // Where nobody keeps copies, nobody asks for them.
  const hasReplicas = rows.some(({ copies }) => copies !== null)
  out.table(
    ['ARCHIVE', 'CAPTURED (UTC)', 'WORKSPACE', 'GRADE', 'FILES', 'CONTENT', 'NEW', 'CHANGES', ...(hasReplicas ? ['COPIES'] : []), ''],
    rows.map((row) => [
      out.color.bold(row.id),
      shortTime(row.createdAt),
      oneLine(row.workspace),
      gradeText(out, row, nowMs),
      formatCount(row.files),
      formatBytes(row.contentBytes),
      formatBytes(row.storedBytes),
      changesText(row),
      ...(hasReplicas ? [copiesText(out, row)] : []),
      marksText(out, row),
    ]),
    [4, 5, 6],
  )
}

function gradeText({ color }: Output, row: ArchiveSummary, nowMs: number): string {
  if (row.grade === null || row.gradedAt === null) return '-'
  const text = `L${row.grade} ${formatAge(nowMs - Date.parse(row.gradedAt))}`
  return row.grade >= 3 ? color.green(text) : row.grade === 0 ? color.red(text) : color.yellow(text)
}

function changesText({ changes }: ArchiveSummary): string {
  return changes === null ? '-' : `+${changes.added} ~${changes.changed} −${changes.removed}`
}

function copiesText({ color }: Output, { copies }: ListedArchive): string {
  if (copies === null) return '-'
  const text = `${copies.whole} of ${copies.of}`
  return copies.whole < copies.of ? color.yellow(text) : text
}

function marksText({ color }: Output, row: ArchiveSummary): string {
  const marks = [
    row.kind === 'backup' ? '' : row.kind,
    row.suspect ? color.yellow('suspect') : '',
    row.hold ? color.cyan('held') : '',
    row.warnings > 0 ? `${row.warnings} ${row.warnings === 1 ? 'warning' : 'warnings'}` : '',
    oneLine(row.note ?? ''),
  ]
  return marks.filter(Boolean).join(', ')
}

/** `ls ARCHIVE [PATH]` */
export async function ls(run: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const { ctx, out } = run
  const archiveId = await namedArchive(run, args[0]!, options)
  const path = archivePathOf(args[1] ?? '')
  const isRecursive = options.recursive === true
  const page = (cursor: string | undefined) =>
    listEntries(ctx, { archiveId, path, isRecursive, hasHashes: out.isJson, cursor, limit: isRecursive ? 10_000 : 2000 })
  if (out.isJson) return out.document(allPages(page).map(jsonRow))
  // Page by page: all rows of a million files would take a gigabyte.
  let head: string[] | null = ['MODE', 'SIZE', 'MODIFIED (UTC)', 'PATH']
  const widths: number[] = []
  for (const rows of pages(page)) {
    const lines = rows.map((row) => [
      kindLetter(row) + row.mode,
      formatBytes(row.type === 'symlink' ? null : row.sizeBytes),
      shortTime(row.mtime),
      nameText(out, row),
    ])
    if (lines.length > 0) out.table(head, lines, [1], widths)
    head = null
  }
}

function nameText({ color }: Output, row: EntryDto | FolderRow): string {
  if (row.type === 'dir') return `${color.blue(row.path)}/`
  return row.linkTarget ? `${row.path} ${row.type === 'hardlink' ? '=' : '→'} ${row.linkTarget}` : row.path
}

const kindLetter = ({ type }: EntryDto) => ({ file: '-', dir: 'd', symlink: 'l', hardlink: 'h' })[type]

function jsonRow(row: EntryDto) {
  const { path, type, sizeBytes, mtime, mode, sha256, uid, gid, linkTarget } = row
  return { path, type, sizeBytes, mtime, mode, sha256, uid, gid, linkTarget }
}

/** `find PATTERN [W]` */
export async function find(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  const workspaceId = args[1] === undefined ? undefined : namedWorkspace(run, args[1]).id
  await prepareCatalog(run)
  const rows = allPages((cursor) => findNames(ctx, { pattern: args[0]!, cursor, limit: 500, ...(workspaceId ? { workspaceId } : {}) }))
  if (out.isJson) return out.document(rows)
  if (rows.length === 0) return out.said(`No name fits “${oneLine(args[0]!)}”.`)
  out.table(
    ['PATH', 'SIZE', 'FIRST (UTC)', 'LAST (UTC)', 'NEWEST'],
    rows.map((row) => [row.path, formatBytes(row.sizeBytes), shortTime(row.firstAt), shortTime(row.lastAt), row.lastArchiveId]),
    [1],
  )
}

/** `history PATH [W]` */
export async function history(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  const workspaceId = namedWorkspace(run, args[1]).id
  await prepareCatalog(run)
  const versions = fileHistory(ctx, { workspaceId, path: archivePathOf(args[0]!) })
  if (out.isJson) return out.document(versions)
  if (versions.length === 0) return out.said(`No archive has ${oneLine(args[0]!)}.`)
  out.table(
    ['SINCE (UTC)', 'ARCHIVES', 'SIZE', 'MODIFIED (UTC)', 'SHA-256', 'NEWEST'],
    versions.map((version) => [
      shortTime(version.archives.at(-1)!.createdAt),
      `${version.archives.length}`,
      formatBytes(version.sizeBytes),
      shortTime(version.mtime),
      version.sha256?.slice(0, 12) ?? '-',
      version.archives[0]!.id,
    ]),
    [1, 2],
  )
}

type Page<T> = { rows: T[]; nextCursor: string | null }

function allPages<T>(page: (cursor: string | undefined) => Page<T>): T[] {
  const all: T[] = []
  for (const rows of pages(page)) for (const row of rows) all.push(row)
  return all
}

function* pages<T>(page: (cursor: string | undefined) => Page<T>): Generator<T[]> {
  let cursor: string | undefined
  do {
    const { rows, nextCursor } = page(cursor)
    yield rows
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
}
