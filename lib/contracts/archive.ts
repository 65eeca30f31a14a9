import { z } from 'zod'
import { ArchiveIdSchema, Bytes, FindingSchema, GradeSchema, ImportanceSchema, IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'
import { ARCHIVE_KINDS } from './kinds.ts'

export const ArchiveKindSchema = z.enum(ARCHIVE_KINDS)
export type ArchiveKind = z.infer<typeof ArchiveKindSchema>

export const ArchivedItemSchema = z.object({
  key: z.string(),
  label: z.string(),
  importance: ImportanceSchema,
  kind: z.enum(['file', 'folder', 'missing', 'not-covered']),
  archiveName: z.string().nullable(),
  sourcePath: z.string().nullable(),
  files: z.number().int(),
  contentBytes: Bytes,
})
export type ArchivedItem = z.infer<typeof ArchivedItemSchema>

/** Counts of files against the archive before it in the same series; null when there is none. */
export const ChangeCountsSchema = z.object({ added: z.number().int(), changed: z.number().int(), removed: z.number().int() })
export type ChangeCounts = z.infer<typeof ChangeCountsSchema>

/** The newest result for each rung: reached or failed, when, until when it counts as proof. */
export const RungSchema = z.object({
  level: z.number().int().min(1).max(5),
  passed: z.boolean(),
  checkedAt: IsoTime,
  durationMs: z.number().nullable(),
  expiresAt: IsoTime.nullable(),
  findings: z.array(FindingSchema),
})
export type Rung = z.infer<typeof RungSchema>

export const ArchiveSummarySchema = z.object({
  id: ArchiveIdSchema,
  workspaceId: WorkspaceIdSchema,
  /** Workspace name. */
  workspace: z.string(),
  seriesNumber: z.number().int(),
  createdAt: IsoTime,
  durationMs: z.number(),
  kind: ArchiveKindSchema,
  files: z.number().int(),
  contentBytes: Bytes,
  /** New bytes in the repository when it was taken. */
  storedBytes: Bytes,
  grade: GradeSchema.nullable(),
  gradedAt: IsoTime.nullable(),
  /** Until when that grade counts; null = no end, or no grade. */
  gradeExpiresAt: IsoTime.nullable(),
  /** True when the state file tripped its baseline and nobody accepted it yet. */
  suspect: z.boolean(),
  hold: z.object({ reason: z.string(), until: IsoTime.nullable(), actor: z.string(), at: IsoTime }).nullable(),
  note: z.string().nullable(),
  warnings: z.number().int(),
  items: z.array(ArchivedItemSchema),
  changes: ChangeCountsSchema.nullable(),
})
export type ArchiveSummary = z.infer<typeof ArchiveSummarySchema>

/** A row of a list of archives. */
export const ListedArchiveSchema = ArchiveSummarySchema.extend({
  /** Whole copies, the one of this host among them, of as many as there should be with all replicas; null = the workspace has no replica. */
  copies: z.object({ whole: z.number().int(), of: z.number().int() }).nullable(),
})
export type ListedArchive = z.infer<typeof ListedArchiveSchema>

export const ArchiveDetailSchema = ArchiveSummarySchema.extend({
  /** In the trash: by whom, since when and why; null = it is not. */
  forgotten: z.object({ at: IsoTime, actor: z.string(), reason: z.string() }).nullable(),
  findings: z.array(FindingSchema),
  rungs: z.array(RungSchema),
  root: z.string(),
  configPath: z.string(),
  previousId: ArchiveIdSchema.nullable(),
  nextId: ArchiveIdSchema.nullable(),
})
export type ArchiveDetail = z.infer<typeof ArchiveDetailSchema>

export const EntryTypeSchema = z.enum(['file', 'dir', 'symlink', 'hardlink'])
export const EntrySchema = z.object({
  /** Archive path in text form. */
  path: z.string(),
  type: EntryTypeSchema,
  sizeBytes: Bytes,
  mtime: IsoTime,
  /** Octal text such as `0644`. */
  mode: z.string(),
  uid: z.number().int(),
  gid: z.number().int(),
  sha256: z.string().nullable(),
  linkTarget: z.string().nullable(),
})
export type EntryDto = z.infer<typeof EntrySchema>

/** A row of a folder page: an entry, for folders with their totals, and how it differs from the archive before. */
export const FolderRowSchema = EntrySchema.extend({
  name: z.string(),
  /** Files below, for folders; null for files. */
  files: z.number().int().nullable(),
  change: z.enum(['added', 'changed']).nullable(),
})
export type FolderRow = z.infer<typeof FolderRowSchema>
export const FolderPageSchema = z.object({ path: z.string(), rows: z.array(FolderRowSchema), nextCursor: z.string().nullable() })
export type FolderPage = z.infer<typeof FolderPageSchema>

export const FoundSchema = z.object({
  path: z.string(),
  type: EntryTypeSchema,
  sizeBytes: Bytes,
  mtime: IsoTime,
  sha256: z.string().nullable(),
  /** Oldest and newest archive that hold this version. */
  firstArchiveId: ArchiveIdSchema,
  lastArchiveId: ArchiveIdSchema,
  firstAt: IsoTime,
  lastAt: IsoTime,
})
export type Found = z.infer<typeof FoundSchema>

export const VersionSchema = z.object({
  path: z.string(),
  type: EntryTypeSchema,
  sizeBytes: Bytes,
  mtime: IsoTime,
  sha256: z.string().nullable(),
  /** Archives that hold exactly this content, newest first. */
  archives: z.array(z.object({ id: ArchiveIdSchema, createdAt: IsoTime })),
})
export type Version = z.infer<typeof VersionSchema>

/** A version with the archives that hold it in short: however many they are, it is as long. */
export const VersionSpanSchema = VersionSchema.omit({ archives: true }).extend({
  archives: z.number().int(),
  newest: z.object({ id: ArchiveIdSchema, createdAt: IsoTime }),
  oldest: z.object({ id: ArchiveIdSchema, createdAt: IsoTime }),
  /** The archive that was asked about holds it; false without one. */
  isShown: z.boolean(),
})
export type VersionSpan = z.infer<typeof VersionSpanSchema>

export const PreviewSchema = z.object({
  path: z.string(),
  kind: z.enum(['json', 'text', 'binary', 'link']),
  /** A window of the content with secrets masked; null for binary. */
  text: z.string().nullable(),
  offsetBytes: Bytes,
  /** Where the next window starts; null at the end. */
  nextOffsetBytes: Bytes.nullable(),
  sizeBytes: Bytes,
  maskedSecrets: z.number().int(),
  sha256: z.string().nullable(),
})
export type Preview = z.infer<typeof PreviewSchema>

export const BackupResultSchema = z.object({
  /** The new one; the newest there was when nothing had changed and none was taken. */
  archiveId: ArchiveIdSchema,
  files: z.number().int(),
  contentBytes: Bytes,
  storedBytes: Bytes,
  durationMs: z.number(),
  /** Nothing had changed, and no archive was taken. */
  isUnchanged: z.boolean(),
  suspect: z.boolean(),
  warnings: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
})
export type BackupResult = z.infer<typeof BackupResultSchema>

export const VerifyLevelSchema = z.enum(['bytes', 'structure', 'content', 'config', 'drill'])
export type VerifyLevel = z.infer<typeof VerifyLevelSchema>
export const VerifyResultSchema = z.object({
  archiveId: ArchiveIdSchema,
  grade: GradeSchema,
  findings: z.array(FindingSchema),
  framesRead: z.number().int(),
  bytesRead: Bytes,
  durationMs: z.number(),
})
export type VerifyResult = z.infer<typeof VerifyResultSchema>
/** The result of a verify job. */
export const VerifyReportSchema = z.object({
  archives: z.array(VerifyResultSchema),
  /** Objects of the repository that are damaged, whatever archive they belong to; only when all was verified. */
  repositoryFindings: z.array(FindingSchema),
  /** What was read of whole repositories, each object once; the archives' own figures leave it out. Only when all was verified. */
  checkedFrames: z.int().optional(),
  checkedBytes: z.int().optional(),
})
export type VerifyReport = z.infer<typeof VerifyReportSchema>

export const MarkInput = z.object({ archiveId: ArchiveIdSchema, reason: z.string().trim().min(1).max(500), until: IsoTime.optional() })

/** What `restore` starts with, and what the console posts back after review. */
export const ConflictModeSchema = z.enum(['fail', 'overwrite', 'skip', 'newer'])
export type ConflictMode = z.infer<typeof ConflictModeSchema>
export const RestoreRequestSchema = z.object({
  archiveId: ArchiveIdSchema,
  /** Archive paths in text form; empty = everything. */
  paths: z.array(z.string()).default([]),
  /** Null = in place, where the config says. */
  target: z.string().min(1).nullable(),
  conflict: ConflictModeSchema.optional(),
  exact: z.boolean().default(false),
})
export type RestoreRequest = z.infer<typeof RestoreRequestSchema>
export const RestoreActionSchema = z.enum(['create', 'overwrite', 'same', 'attributes', 'skip', 'conflict', 'extra', 'quarantine'])
export type RestoreAction = z.infer<typeof RestoreActionSchema>
export const RestoreLineSchema = z.object({
  path: z.string(),
  targetPath: z.string(),
  type: EntryTypeSchema,
  action: RestoreActionSchema,
  /** Why, in a few words. */
  reason: z.string(),
  sizeBytes: Bytes,
  /** Size on disk now; null when nothing is there. */
  liveBytes: Bytes.nullable(),
  /** When what is there now was last written; null for folders and where nothing is. */
  liveModifiedAt: IsoTime.nullable(),
})
export type RestoreLine = z.infer<typeof RestoreLineSchema>

const LostRecordSchema = z.object({ id: z.string(), title: z.string().nullable(), at: z.string().nullable() })
/** What a restore in place would lose of what is there now. */
export const RestoreLossesSchema = z.object({
  /** JSON items that would be replaced. */
  items: z.array(
    z.object({
      key: z.string(),
      label: z.string(),
      path: z.string(),
      targetPath: z.string(),
      /** Why records could not be compared; null when they were. */
      reason: z.string().nullable(),
      lists: z.array(
        z.object({
          key: z.string(),
          identity: z.string().nullable(),
          /** Records that live has and the archive lacks, and that it has otherwise. */
          lostCount: z.number().int(),
          changedCount: z.number().int(),
          /** The first ones. */
          lost: z.array(LostRecordSchema),
          changed: z.array(LostRecordSchema),
        }),
      ),
      /** The first members outside lists that differ, by path. */
      values: z.array(z.string()),
      valuesCount: z.number().int(),
    }),
  ),
  lostRecords: z.number().int(),
  changedRecords: z.number().int(),
  /** What only live has and an exact restore moves to quarantine; a folder counts as one. */
  files: z.object({ count: z.number().int(), bytes: Bytes, first: z.array(z.object({ path: z.string(), sizeBytes: Bytes })) }),
})
export type RestoreLosses = z.infer<typeof RestoreLossesSchema>
export const RestorePlanSchema = z.object({
  archiveId: ArchiveIdSchema,
  workspaceId: WorkspaceIdSchema,
  target: z.string().nullable(),
  conflict: ConflictModeSchema,
  exact: z.boolean(),
  /** SHA-256 over the request and what would be replaced or moved away; the run refuses when that moved on. */
  digest: z.string(),
  counts: z.record(RestoreActionSchema, z.number().int()),
  bytesToWrite: Bytes,
  freeBytes: Bytes.nullable(),
  items: z.array(
    z.object({
      key: z.string(),
      label: z.string(),
      importance: ImportanceSchema,
      targetPath: z.string(),
      counts: z.record(RestoreActionSchema, z.number().int()),
      bytesToWrite: Bytes,
    }),
  ),
  /** The first lines that change something; `linesTotal` says how many there are. */
  lines: z.array(RestoreLineSchema),
  linesTotal: z.number().int(),
  /** Null for a target: nothing live is lost there. */
  losses: RestoreLossesSchema.nullable(),
  problems: z.array(FindingSchema),
})
export type RestorePlan = z.infer<typeof RestorePlanSchema>
/** One step of a restore or undo: stage, safety, stop, prove-stopped, second-look, swap, validate, start, health, roll-back. */
export const RestoreStepSchema = z.object({
  name: z.enum(['stage', 'safety', 'stop', 'prove-stopped', 'second-look', 'swap', 'validate', 'start', 'health', 'roll-back']),
  outcome: z.enum(['done', 'skipped', 'failed']),
  at: IsoTime,
  durationMs: z.number().int(),
  message: z.string(),
})
export type RestoreStep = z.infer<typeof RestoreStepSchema>
export const RestoreResultSchema = z.object({
  archiveId: ArchiveIdSchema,
  restoredFiles: z.number().int(),
  restoredBytes: Bytes,
  skippedFiles: z.number().int(),
  quarantinedFiles: z.number().int(),
  /** Files read back after writing and equal to the archive's SHA-256. */
  provenFiles: z.number().int(),
  safetyArchiveId: ArchiveIdSchema.nullable(),
  /** Job whose quarantine an undo would use; null for `--target`. */
  undo: JobIdSchema.nullable(),
  /** Until when the undo is kept. */
  undoUntil: IsoTime.nullable().default(null),
  quarantinePath: z.string().nullable(),
  /** The transaction step by step, with what was seen. */
  steps: z.array(RestoreStepSchema).default([]),
  durationMs: z.number(),
  warnings: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
})
export type RestoreResult = z.infer<typeof RestoreResultSchema>
