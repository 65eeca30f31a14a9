import type { ArchiveId } from '#lib/base/ids.ts'
import type { Entry, EntryType } from '../entry.ts'
import type { Finding, Importance, ItemKind } from '../finding.ts'
import type { RawPath } from '../raw-path.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { ArchiveReader } from '../repository/repository.ts'

/** What happens to a path that exists already: refuse, replace, leave, or replace only when the archive's is newer. */
export type ConflictMode = 'fail' | 'overwrite' | 'skip' | 'newer'

export const RESTORE_ACTIONS = ['create', 'overwrite', 'same', 'attributes', 'skip', 'conflict', 'extra', 'quarantine'] as const
/** `extra` stays where it is, `quarantine` is an extra that moves away; the others speak of archived entries. */
export type RestoreAction = (typeof RESTORE_ACTIONS)[number]
export type ActionCounts = Record<RestoreAction, number>

/** An item as the config resolves it now: what restore needs of workspace/resolve-items. */
export interface RestoreItem {
  key: string
  label: string
  importance: Importance
  kind: ItemKind
  configured: string | null
  /** Absolute path in text form; null when it is no file path. */
  path: string | null
  /** Other config keys that name the same path. */
  alsoKeys?: readonly string[]
}

export interface RestoreInput {
  reader: ArchiveReader
  manifest: Manifest
  /** Archive paths in text form; empty = everything. */
  paths: string[]
  /** Absolute folder that receives the archive's own paths; null = in place. */
  target: string | null
  /** Items as the config resolves them now; only in-place restores look at them. */
  items: RestoreItem[]
  /** The workspace root now; default: the one in the manifest. */
  root?: string
  /** Default: `fail` into a target, `overwrite` in place. */
  conflict?: ConflictMode | undefined
  /** Move what the archive lacks to quarantine. */
  exact?: boolean | undefined
  /**
   * True when the restore itself stops the orchestrator. Then its files may be written until it has stopped, and the plan's digest covers which
   * records and paths would be lost, not when they were last written.
   */
  stopsRuntime?: boolean | undefined
  signal?: AbortSignal | undefined
}

export interface RestoreLine {
  path: string
  targetPath: string
  type: EntryType
  action: RestoreAction
  reason: string
  sizeBytes: number
  liveBytes: number | null
  /** When what is there now was last written; null for folders and where nothing is. */
  liveModifiedAt: string | null
}

export interface RestorePlanItem {
  key: string
  label: string
  importance: Importance
  targetPath: string
  counts: ActionCounts
  bytesToWrite: number
}

/** The plan that dry run, console and CLI show; equal in shape to the contract's RestorePlan. */
export interface RestorePlan {
  archiveId: ArchiveId
  workspaceId: `ws_${string}`
  target: string | null
  conflict: ConflictMode
  exact: boolean
  /** Over the request and what would be replaced or moved away, as it is now. */
  digest: string
  counts: ActionCounts
  bytesToWrite: number
  freeBytes: number | null
  items: RestorePlanItem[]
  lines: RestoreLine[]
  linesTotal: number
  /** Null for a target: nothing live is lost there. */
  losses: RestoreLosses | null
  problems: Finding[]
}

/** What a restore in place would lose of what is there now. */
export interface RestoreLosses {
  /** JSON items that would be replaced. */
  items: ItemLosses[]
  /** Records over all lists that live has and the archive lacks, or has otherwise. */
  lostRecords: number
  changedRecords: number
  /** What only live has and an exact restore moves away; a folder counts as one. */
  files: { count: number; bytes: number; first: { path: string; sizeBytes: number }[] }
}

export interface ItemLosses {
  key: string
  label: string
  path: string
  targetPath: string
  /** Why records could not be compared; null when they were. */
  reason: string | null
  lists: ListLosses[]
  /** The first members outside lists that differ, by path; `valuesCount` says how many there are. */
  values: string[]
  valuesCount: number
}

export interface ListLosses {
  key: string
  /** The field that tells records apart; null = by all of their content. */
  identity: string | null
  lostCount: number
  changedCount: number
  /** The first ones. */
  lost: LostRecord[]
  changed: LostRecord[]
}

export interface LostRecord {
  id: string
  title: string | null
  at: string | null
}

export const RESTORE_STEPS = [
  'stage',
  'safety',
  'stop',
  'prove-stopped',
  'second-look',
  'swap',
  'validate',
  'start',
  'health',
  'roll-back',
] as const
export type RestoreStepName = (typeof RESTORE_STEPS)[number]

/** One step of the transaction with what was seen. */
export interface RestoreStep {
  name: RestoreStepName
  outcome: 'done' | 'skipped' | 'failed'
  at: string
  durationMs: number
  message: string
}

export interface RestoreResult {
  archiveId: ArchiveId
  restoredFiles: number
  restoredBytes: number
  skippedFiles: number
  quarantinedFiles: number
  provenFiles: number
  safetyArchiveId: ArchiveId | null
  undo: `job_${string}` | null
  /** Until when it can be taken back; null without an undo. */
  undoUntil: string | null
  quarantinePath: string | null
  steps: RestoreStep[]
  durationMs: number
  warnings: { path: string; code: string; message: string }[]
}

export interface RestoreProgress {
  phase: 'plan' | RestoreStepName
  filesDone: number
  filesTotal: number | null
  bytesDone: number
  bytesTotal: number | null
  currentPath: string | null
}

/** What lies at a path right now; null stands for nothing. */
export interface LiveStat {
  type: 'file' | 'dir' | 'symlink' | 'other'
  dev: bigint
  ino: bigint
  sizeBytes: number
  mtimeNs: bigint
  ctimeNs: bigint
  mode: number
  uid: number
  gid: number
}

/** A plan line with all that execution needs. */
export interface PlannedLine {
  action: RestoreAction
  reason: string
  /** The archived entry; null for extras. */
  entry: Entry | null
  /** Archive path in text form; for extras the one they would have. */
  path: string
  /** Index of the item in the plan. */
  item: number
  /** Where it goes: below a base folder whose own path is trusted. */
  base: number
  /** Path below the base, never empty. */
  rel: RawPath
  live: LiveStat | null
}

/** Zero for each action. */
export function noCounts(): ActionCounts {
  return { create: 0, overwrite: 0, same: 0, attributes: 0, skip: 0, conflict: 0, extra: 0, quarantine: 0 }
}
