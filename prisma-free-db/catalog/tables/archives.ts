/**
 * An archive is in the catalog when its row is committed. Its entry rows are written before that, in several transactions,
 * under the writer lock; until the row is committed no query sees any of them, and whoever next takes the lock undoes them.
 */
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ChangeCounts } from '#lib/contracts/archive.ts'
import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'
import type { ArchiveRow, MarkRow, RepositoryRow } from '../archive-row.ts'
import { deriveMarks, NO_END_MS } from '../derived-marks.ts'
import { undoFolderNames } from './folder-names.ts'

/** The integers by which the rows of one archive are found. */
export interface ArchiveKey {
  archive: number
  series: number
  number: number
  workspace: number
  /** Path of the workspace's root. */
  root: number
}

/** Adds the row of an archive whose entries are still to come. Throws `catalog_damaged` unless its number is past all others of its series. */
export function insertUncommitted(db: WritableDb, repository: RepositoryRow, row: ArchiveRow): ArchiveKey {
  return inTransaction(db, () => {
    const { workspace, root } = internWorkspace(db, row.workspaceId)
    const series = internSeries(db, repository, row.series, workspace)
    const newest = newestNumber(db, series)
    if (newest !== null && newest >= row.seriesNumber) {
      throw new AppError('catalog_damaged', {
        message: `Archive ${row.id} is number ${row.seriesNumber} of its series, but the catalog already has number ${newest}.`,
        hint: 'Make the catalog again with `orchive catalog rebuild`.',
        context: { archiveId: row.id, series: row.series, number: row.seriesNumber, newest },
      })
    }
    const archive = Number(insertRow(db, row, series, workspace))
    prepared<Record<string, unknown>>(
      db,
      `INSERT INTO archive_details (archive, root, config_path, note, findings, config_paths)
       VALUES (:archive, :root, :configPath, :note, :findings, :configPaths)`,
    ).run({
      archive,
      root: row.root,
      configPath: row.configPath,
      note: row.note,
      findings: JSON.stringify(row.findings),
      configPaths: JSON.stringify(row.configPaths),
    })
    return { archive, series, number: row.seriesNumber, workspace, root }
  })
}

/** Makes an archive visible, with its marks and what it changed against the one before; null counts = it is the first of its series. */
export function commitArchive(db: WritableDb, key: ArchiveKey, changes: ChangeCounts | null, marks: readonly MarkRow[]): void {
  inTransaction(db, () => {
    const done = prepared<Record<string, unknown>>(
      db,
      `UPDATE archives SET committed = 1, files_added = :added, files_changed = :changed, files_removed = :removed
       WHERE archive = :archive AND committed = 0`,
    ).run({ added: null, changed: null, removed: null, ...changes, archive: key.archive })
    assertOne(done.changes, `archive row ${key.archive}`)
    writeMarks(db, key.archive, marks)
  })
}

/** Replaces what the catalog knows of an archive's marks; false when it does not know the archive. */
export function applyMarks(db: WritableDb, archiveId: ArchiveId, marks: readonly MarkRow[]): boolean {
  return inTransaction(db, () => {
    const row = prepared<[string], { archive: number }>(db, 'SELECT archive FROM archives WHERE id = ? AND committed = 1').get(archiveId)
    if (row) writeMarks(db, row.archive, marks)
    return row !== undefined
  })
}

/** Takes away the rows of every archive that never became whole; gives their ids. Only the holder of the writer lock may. */
export function undoUncommitted(db: WritableDb): string[] {
  const halves = prepared<[], { archive: number; id: string; series: number; number: number }>(
    db,
    'SELECT archive, id, series, number FROM archives WHERE committed = 0',
  ).all()
  for (const { archive, series, number } of halves) {
    inTransaction(db, () => {
      undoFolderNames(db, series, number)
      prepared<[number, number]>(db, 'DELETE FROM entry_versions WHERE series = ? AND since = ?').run(series, number)
      prepared<[number, number]>(db, 'UPDATE entry_versions SET until = NULL WHERE series = ? AND until = ?').run(series, number)
      prepared<[number, number]>(db, 'DELETE FROM folder_totals WHERE series = ? AND since = ?').run(series, number)
      assertOne(prepared<[number]>(db, 'DELETE FROM archives WHERE archive = ?').run(archive).changes, `archive row ${archive}`)
    })
  }
  return halves.map((half) => half.id)
}

/** The highest number of a series that the catalog has, committed or not; null = none. */
export function newestNumber(db: ReadableDb, series: number): number | null {
  return prepared<[number], { number: number | null }>(db, 'SELECT MAX(number) AS number FROM archives WHERE series = ?').get(series)!
    .number
}

function writeMarks(db: WritableDb, archive: number, marks: readonly MarkRow[]): void {
  prepared<[number]>(db, 'DELETE FROM marks WHERE archive = ?').run(archive)
  const insert = prepared<[number, number, string]>(db, 'INSERT INTO marks (archive, seq, mark) VALUES (?, ?, ?)')
  for (const [seq, mark] of marks.entries()) insert.run(archive, seq, JSON.stringify(mark))
  const derived = deriveMarks(marks)
  const [proof1 = null, proof2 = null, proof3 = null, proof4 = null, proof5 = null] = derived.proofUntilMs
  const done = prepared<Record<string, unknown>>(
    db,
    `UPDATE archives
     SET suspect = :suspect, accepted = :accepted, released = :released, hold = :hold, hold_until_ms = :holdUntilMs, rungs = :rungs, forgotten_at_ms = :forgottenAtMs,
         note = COALESCE(:note, (SELECT d.note FROM archive_details d WHERE d.archive = archives.archive)),
         proof_1_until_ms = :proof1, proof_2_until_ms = :proof2, proof_3_until_ms = :proof3, proof_4_until_ms = :proof4, proof_5_until_ms = :proof5
     WHERE archive = :archive`,
  ).run({
    archive,
    suspect: derived.suspect ? 1 : 0,
    accepted: derived.wasAccepted ? 1 : 0,
    released: derived.isReleased ? 1 : 0,
    hold: derived.hold ? JSON.stringify(derived.hold) : null,
    holdUntilMs: derived.hold ? (derived.hold.until ? Date.parse(derived.hold.until) : NO_END_MS) : null,
    rungs: JSON.stringify(derived.rungs),
    forgottenAtMs: derived.forgottenAtMs,
    note: derived.note,
    proof1,
    proof2,
    proof3,
    proof4,
    proof5,
  })
  assertOne(done.changes, `archive row ${archive}`)
}

function insertRow(db: WritableDb, row: ArchiveRow, series: number, workspace: number): number | bigint {
  return prepared<Record<string, unknown>>(
    db,
    `INSERT INTO archives (id, series, number, workspace, workspace_name, kind, created_at_ms, duration_ms, files, entries, content_bytes, stored_bytes, warnings, items, lacks, note)
     VALUES (:id, :series, :number, :workspace, :workspaceName, :kind, :createdAtMs, :durationMs, :files, :entries, :contentBytes, :storedBytes, :warnings, :items, :lacks, :note)`,
  ).run({
    id: row.id,
    series,
    number: row.seriesNumber,
    workspace,
    workspaceName: row.workspaceName,
    kind: row.kind,
    createdAtMs: row.createdAtMs,
    durationMs: row.durationMs,
    files: row.files,
    entries: row.entries,
    contentBytes: row.contentBytes,
    storedBytes: row.storedBytes,
    warnings: row.findings.filter((finding) => finding.severity !== 'info').length,
    items: JSON.stringify(row.items),
    lacks: lacksOf(row),
    note: row.note,
  }).lastInsertRowid
}

/** Labels of critical items that an archive does not hold, as JSON; null = it has them all. */
function lacksOf({ items }: ArchiveRow): string | null {
  const lacking = items.filter(({ importance, kind }) => importance === 'critical' && (kind === 'missing' || kind === 'not-covered'))
  return lacking.length === 0 ? null : JSON.stringify(lacking.map(({ label }) => label))
}

function internWorkspace(db: WritableDb, id: string): { workspace: number; root: number } {
  const known = prepared<[string], { workspace: number; root: number }>(
    db,
    'SELECT workspace, root_path AS root FROM workspaces WHERE id = ?',
  ).get(id)
  if (known) return known
  const workspace = Number(prepared<[string]>(db, 'INSERT INTO workspaces (id, root_path) VALUES (?, 0)').run(id).lastInsertRowid)
  const root = Number(
    prepared<[Buffer, number]>(db, 'INSERT INTO paths (parent, name, workspace) VALUES (0, ?, ?)').run(Buffer.from(id), workspace)
      .lastInsertRowid,
  )
  prepared<[number, number]>(db, 'UPDATE workspaces SET root_path = ? WHERE workspace = ?').run(root, workspace)
  return { workspace, root }
}

function internSeries(db: WritableDb, repository: RepositoryRow, id: string, workspace: number): number {
  const row = prepared<[string, string], { repository: number }>(
    db,
    `INSERT INTO repositories (id, location) VALUES (?, ?)
     ON CONFLICT (id) DO UPDATE SET location = excluded.location RETURNING repository`,
  ).get(repository.id, repository.location)
  const known = prepared<[number, string], { series: number }>(db, 'SELECT series FROM series WHERE repository = ? AND id = ?').get(
    row!.repository,
    id,
  )
  if (known) return known.series
  return Number(
    prepared<[string, number, number]>(db, 'INSERT INTO series (id, repository, workspace) VALUES (?, ?, ?)').run(
      id,
      row!.repository,
      workspace,
    ).lastInsertRowid,
  )
}

function assertOne(changes: number, what: string): void {
  if (changes === 1) return
  throw new AppError('catalog_damaged', {
    message: `The catalog has ${changes} rows where one was expected: ${what}.`,
    hint: 'Make the catalog again with `orchive catalog rebuild`.',
  })
}
