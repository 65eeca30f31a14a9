import type { ArchiveId, RepositoryId, SeriesId, WorkspaceId } from '#lib/base/ids.ts'
import type { ArchivedItem, ArchiveKind } from '#lib/contracts/archive.ts'
import type { Finding } from '#lib/contracts/common.ts'

/** Which repository an archive lies in. */
export interface RepositoryRow {
  id: RepositoryId
  /** Where it was opened: a folder on this host. */
  location: string
}

/** What the catalog keeps of a manifest's head. */
export interface ArchiveRow {
  id: ArchiveId
  series: SeriesId
  seriesNumber: number
  workspaceId: WorkspaceId
  workspaceName: string
  kind: ArchiveKind
  createdAtMs: number
  durationMs: number
  root: string
  configPath: string
  note: string | null
  files: number
  entries: number
  contentBytes: number
  storedBytes: number
  items: ArchivedItem[]
  findings: Finding[]
  configPaths: Record<string, string>
}

/** A mark as the repository keeps it; the fields beyond these belong to its kind. */
export interface MarkRow {
  kind: 'hold' | 'release' | 'suspect' | 'accept' | 'grade' | 'note' | 'forget' | 'unforget'
  /** ISO 8601 UTC. */
  at: string
  actor: string
  [field: string]: unknown
}
