import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { ArchivedItem, ArchiveKind, ArchiveSummary, Rung } from '#lib/contracts/archive.ts'
import { gradeAt } from './derived-marks.ts'

/** What every list of archives reads; `a` is `archives`, `w` its `workspaces` row. */
export const SUMMARY_COLUMNS = `a.archive, a.id, w.id AS workspaceId, a.workspace_name AS workspaceName, a.number, a.created_at_ms AS createdAtMs,
  a.duration_ms AS durationMs, a.kind, a.files, a.content_bytes AS contentBytes, a.stored_bytes AS storedBytes, a.suspect, a.hold,
  a.hold_until_ms AS holdUntilMs, a.note, a.warnings, a.items, a.rungs,
  a.files_added AS filesAdded, a.files_changed AS filesChanged, a.files_removed AS filesRemoved`

/** A row of SUMMARY_COLUMNS. */
export interface SummaryRow {
  archive: number
  id: string
  workspaceId: string
  workspaceName: string
  number: number
  createdAtMs: number
  durationMs: number
  kind: string
  files: number
  contentBytes: number
  storedBytes: number
  suspect: number
  hold: string | null
  holdUntilMs: number | null
  note: string | null
  warnings: number
  items: string
  rungs: string
  filesAdded: number | null
  filesChanged: number | null
  filesRemoved: number | null
}

/** Whole and not forgotten: what lists and searches show. */
export const IS_VISIBLE = 'a.committed = 1 AND a.forgotten_at_ms IS NULL'

/** A row as every transport shows it; grades and holds as of `nowMs`. */
export function archiveSummary(row: SummaryRow, nowMs: number): ArchiveSummary {
  const graded = gradeAt(JSON.parse(row.rungs) as Rung[], nowMs)
  const isHeld = row.hold !== null && row.holdUntilMs !== null && row.holdUntilMs > nowMs
  return {
    id: row.id as ArchiveId,
    workspaceId: row.workspaceId as WorkspaceId,
    workspace: row.workspaceName,
    seriesNumber: row.number,
    createdAt: new Date(row.createdAtMs).toISOString(),
    durationMs: row.durationMs,
    kind: row.kind as ArchiveKind,
    files: row.files,
    contentBytes: row.contentBytes,
    storedBytes: row.storedBytes,
    grade: graded?.grade ?? null,
    gradedAt: graded?.gradedAt ?? null,
    gradeExpiresAt: graded?.expiresAt ?? null,
    suspect: row.suspect === 1,
    hold: isHeld ? (JSON.parse(row.hold!) as ArchiveSummary['hold']) : null,
    note: row.note,
    warnings: row.warnings,
    items: JSON.parse(row.items) as ArchivedItem[],
    changes:
      row.filesAdded === null || row.filesChanged === null || row.filesRemoved === null
        ? null
        : { added: row.filesAdded, changed: row.filesChanged, removed: row.filesRemoved },
  }
}
