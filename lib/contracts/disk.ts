import { z } from 'zod'
import { ArchiveIdSchema, Bytes, FindingSchema, GradeSchema, ImportanceSchema, IsoTime, WorkspaceIdSchema } from './common.ts'
import { RunbookStepSchema } from './recover.ts'

/** What an area of the disk is to the runbook. */
export const AreaRoleSchema = z.enum(['repository', 'logs', 'packs', 'other'])
export type AreaRole = z.infer<typeof AreaRoleSchema>

/** Files of one area that belong together: a folder at its top, or files there whose names differ only in their digits. */
export const FileGroupSchema = z.object({
  name: z.string(),
  files: z.number().int(),
  bytes: Bytes,
  /** True for the last one, which holds everything that is too small to be named. */
  isRest: z.boolean(),
})

/** The repository or one item, with what it takes on disk. */
export const DiskAreaSchema = z.object({
  /** Item key; `repository`. */
  key: z.string(),
  label: z.string(),
  role: AreaRoleSchema,
  importance: ImportanceSchema.nullable(),
  path: z.string().nullable(),
  /** The file system it lies on; null = it is not there. */
  device: z.string().nullable(),
  /** Null = it could not be read. */
  bytes: Bytes.nullable(),
  files: z.number().int().nullable(),
  /** Mean growth; null = unknown. */
  growthPerDayBytes: z.number().nullable(),
  /** Largest first, the rest folded into the last. */
  groups: z.array(FileGroupSchema),
})
export type DiskArea = z.infer<typeof DiskAreaSchema>

/** A file system that holds some of it. */
export const FileSystemSchema = z.object({
  device: z.string(),
  /** Where it is mounted. */
  mountPath: z.string(),
  totalBytes: Bytes.nullable(),
  /** What this user can still write. */
  freeBytes: Bytes.nullable(),
  /** Keys of the areas on it. */
  areas: z.array(z.string()),
  growthPerDayBytes: z.number().nullable(),
  /** Null = unknown, or it does not grow. */
  daysUntilFull: z.number().nullable(),
})
export type FileSystem = z.infer<typeof FileSystemSchema>

/** How much has to stay free where archives lie: below it backups pause. */
export const FreeFloorSchema = z.object({
  repositoryPath: z.string(),
  /** 0 = backups never pause. */
  floorBytes: Bytes,
  /** False: nobody chose it, and it is the smaller of 1 GB and 5 % of the file system. */
  isChosen: z.boolean(),
  freeBytes: Bytes.nullable(),
  totalBytes: Bytes.nullable(),
  isBelow: z.boolean(),
})
export type FreeFloor = z.infer<typeof FreeFloorSchema>

export const DiskReportSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  readAt: IsoTime,
  /** The fullest first. */
  fileSystems: z.array(FileSystemSchema),
  areas: z.array(DiskAreaSchema),
  growth: z.object({
    /** How growth was reckoned, in a sentence. */
    method: z.string(),
    fromAt: IsoTime.nullable(),
    toAt: IsoTime.nullable(),
    archives: z.number().int(),
  }),
  /** How much the repository saves; null = its indexes cannot be read. */
  saving: z
    .object({
      archives: z.number().int(),
      /** Content of all archives, counted in each. */
      contentBytes: Bytes,
      /** The same, every piece counted once. */
      uniqueBytes: Bytes,
      /** That, compressed. */
      storedBytes: Bytes,
    })
    .nullable(),
  floor: FreeFloorSchema,
  problems: z.array(FindingSchema),
})
export type DiskReport = z.infer<typeof DiskReportSchema>

/** Which files may leave the live disk. */
export const OffloadPolicySchema = z.object({
  /** Logs last written more than so many days ago. */
  olderThanDays: z.coerce.number().int().min(0).max(36_500).default(30),
  /** The newest so many packs stay; null = by this rule none leaves. */
  keepPacks: z.coerce.number().int().min(1).max(10_000_000).nullable().default(null),
  /** Packs younger than so many days stay; null = by this rule none leaves. */
  keepPackDays: z.coerce.number().int().min(0).max(36_500).nullable().default(null),
  /** Only files that so many archives at L3 or better hold already. */
  inArchives: z.coerce.number().int().min(0).max(1000).default(0),
})
export type OffloadPolicy = z.infer<typeof OffloadPolicySchema>

/** Why a file stays. */
export const StaysReasonSchema = z.enum([
  'young',
  'recent-pack',
  'fresh',
  'open',
  'several-names',
  'linked-to',
  'named-by-config',
  'empty',
  'not-archived',
])
export type StaysReason = z.infer<typeof StaysReasonSchema>

export const OffloadFileSchema = z.object({
  /** Archive path. */
  path: z.string(),
  itemKey: z.string(),
  sizeBytes: Bytes,
  mtime: IsoTime,
  /** Archives at L3 or better that hold it as it is now; 0 = it is found nowhere else. */
  archives: z.number().int(),
  /** When the newest of them was taken. */
  archivedAt: IsoTime.nullable(),
})

/** A group of a plan: what leaves of it and what stays. */
export const OffloadGroupSchema = FileGroupSchema.extend({
  itemKey: z.string(),
  leavesFiles: z.number().int(),
  leavesBytes: Bytes,
  /** Of those that leave, files found in no archive at L3 or better. */
  onlyCopyFiles: z.number().int(),
  /** When the newest of those that leave was written; null = none leaves. */
  lastWrittenAt: IsoTime.nullable(),
  /** The newest archive at L3 or better that holds one of those that leave. */
  archivedAt: IsoTime.nullable(),
})
export type OffloadGroup = z.infer<typeof OffloadGroupSchema>

export const OffloadPlanSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  policy: OffloadPolicySchema,
  /** SHA-256 over the policy and every file with its identity; a run with another digest refuses. */
  digest: z.string(),
  plannedAt: IsoTime,
  totals: z.object({ files: z.number().int(), bytes: Bytes, onlyCopyFiles: z.number().int(), onlyCopyBytes: Bytes }),
  items: z.array(
    z.object({
      key: z.string(),
      label: z.string(),
      files: z.number().int(),
      bytes: Bytes,
      leavesFiles: z.number().int(),
      leavesBytes: Bytes,
    }),
  ),
  groups: z.array(OffloadGroupSchema),
  /** Files that leave, in archive order; the console gets the first ones. */
  files: z.array(OffloadFileSchema),
  stays: z.record(StaysReasonSchema, z.object({ files: z.number().int(), bytes: Bytes })),
  /** File systems that files leave, now and after. */
  space: z.array(
    z.object({
      device: z.string(),
      mountPath: z.string(),
      totalBytes: Bytes.nullable(),
      freeBytes: Bytes.nullable(),
      leavesBytes: Bytes,
      /** At most so much is written there by the offload archive. */
      archiveBytes: Bytes,
      /** Null = unknown. */
      freeAfterBytes: Bytes.nullable(),
    }),
  ),
  /** Space of the repository against the most that the archive can need. */
  repository: z.object({ path: z.string(), freeBytes: Bytes.nullable(), neededBytes: Bytes }),
  /** Processes whose open files could not be seen; null = none can be seen on this system. */
  unseenProcesses: z.number().int().nullable(),
  problems: z.array(FindingSchema),
})
export type OffloadPlan = z.infer<typeof OffloadPlanSchema>

/** Why a planned file was left where it is. */
export const LeftReasonSchema = z.enum(['gone', 'changed', 'open', 'not-in-archive', 'unsafe', 'failed', 'stopped'])

export const OffloadResultSchema = z.object({
  steps: z.array(RunbookStepSchema),
  plan: OffloadPlanSchema.omit({ files: true, groups: true }),
  /** Null = there was nothing to offload. */
  archiveId: ArchiveIdSchema.nullable(),
  grade: GradeSchema.nullable(),
  removedFiles: z.number().int(),
  removedBytes: Bytes,
  left: z.array(z.object({ path: z.string(), reason: LeftReasonSchema, message: z.string() })),
  /** Measured on the file systems before and after the deletion; others write there, too. Null = unknown. */
  freedBytes: Bytes.nullable(),
  space: z.array(
    z.object({ mountPath: z.string(), totalBytes: Bytes.nullable(), freeBytesBefore: Bytes.nullable(), freeBytesAfter: Bytes.nullable() }),
  ),
  /** The record of the deletion; null = nothing was deleted. */
  journalPath: z.string().nullable(),
  /** The command that brings the files back; null = nothing was deleted. */
  undo: z.string().nullable(),
  durationMs: z.number(),
})
export type OffloadResult = z.infer<typeof OffloadResultSchema>

export const SetFloorInput = z.object({ floorBytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable() })
