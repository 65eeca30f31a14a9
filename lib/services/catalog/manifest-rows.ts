import type { ArchiveRow, MarkRow, RepositoryRow } from '#db/catalog/archive-row.ts'
import { type DeltaRow, isSameThing } from '#db/catalog/entry-row.ts'
import type { EntryDelta } from '#lib/engine/compare/entry-delta.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { Mark } from '#lib/engine/repository/mark.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'

/** A repository as the catalog names it. */
export function repositoryRow(repository: Repository): RepositoryRow {
  return { id: repository.id, location: repository.storage.location }
}

/** A manifest's head as the catalog keeps it. */
export function archiveRow(manifest: Manifest): ArchiveRow {
  return {
    id: manifest.id,
    series: manifest.series,
    seriesNumber: manifest.seriesNumber,
    workspaceId: manifest.workspaceId,
    workspaceName: manifest.workspaceName,
    kind: manifest.kind,
    createdAtMs: Date.parse(manifest.createdAt),
    durationMs: Math.round(manifest.durationMs),
    root: manifest.root,
    configPath: manifest.configPath,
    note: manifest.note,
    files: manifest.totals.files,
    entries: manifest.totals.entries,
    contentBytes: manifest.totals.contentBytes,
    storedBytes: manifest.totals.storedBytes,
    items: manifest.items.map(({ key, label, importance, kind, archiveName, sourcePath, files, contentBytes }) => ({
      key,
      label,
      importance,
      kind,
      archiveName,
      sourcePath,
      files,
      contentBytes,
    })),
    findings: manifest.findings,
    configPaths: manifest.configPaths,
  }
}

/** A mark as the catalog keeps it. */
export function markRow(mark: Mark): MarkRow {
  return { ...mark }
}

/** A delta as the catalog takes it; entries that differ only in what the catalog does not keep (their frames) are left out. */
export async function* deltaRows(delta: AsyncIterable<EntryDelta>): AsyncGenerator<DeltaRow> {
  for await (const change of delta) if (isDifferent(change)) yield change
}

/** Whether a path differs in anything that the catalog keeps. */
export function isDifferent({ before, after }: DeltaRow): boolean {
  return !(before && after && isSameThing(before, after) && before.mtimeNs === after.mtimeNs)
}
