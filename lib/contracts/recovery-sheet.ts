import { z } from 'zod'
import { ArchiveIdSchema, Bytes, GradeSchema, ImportanceSchema, IsoTime, WorkspaceIdSchema } from './common.ts'

const SheetArchiveSchema = z.object({
  archiveId: ArchiveIdSchema,
  createdAt: IsoTime,
  files: z.number().int(),
  contentBytes: Bytes,
  grade: GradeSchema.nullable(),
  isSuspect: z.boolean(),
  /** SHA-256 of its manifest as it is stored, for `sha256sum`; null when it cannot be read. */
  manifestSha256: z.string().nullable(),
})
export type SheetArchive = z.infer<typeof SheetArchiveSchema>

/** What somebody needs in hand when host and console are gone: where the archives lie, which one to take, and how. Holds no secret. */
export const RecoverySheetSchema = z.object({
  generatedAt: IsoTime,
  host: z.string(),
  /** Version of Orchive. */
  tool: z.string(),
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  root: z.string(),
  configPath: z.string(),
  repository: z.object({
    path: z.string(),
    id: z.string(),
    formatVersion: z.number().int(),
    createdAt: IsoTime,
    isEncrypted: z.boolean(),
    storedBytes: Bytes,
    /** The file system that it lies on, as the kernel names it; null = not known. */
    mount: z.object({ point: z.string(), device: z.string(), type: z.string() }).nullable(),
    /** It lies on the disk of the root that it backs up: the two go together. */
    isOnDiskOfRoot: z.boolean(),
  }),
  archives: z.number().int(),
  /** The newest archive that is known to be good; null = none is. */
  knownGood: SheetArchiveSchema.nullable(),
  newest: SheetArchiveSchema.nullable(),
  /** What the archive to take holds, and where it was. */
  items: z.array(
    z.object({
      key: z.string(),
      importance: ImportanceSchema,
      sourcePath: z.string().nullable(),
      files: z.number().int(),
      contentBytes: Bytes,
    }),
  ),
  /** Files at the top of the repository; not whole = other bytes than its head names. */
  files: z.array(z.object({ name: z.string(), sha256: z.string().nullable(), isWhole: z.boolean() })),
  /** What to type, in order, in a shell: with Orchive, and without it. */
  withOrchive: z.array(z.object({ what: z.string(), command: z.string() })),
  withoutOrchive: z.array(z.object({ what: z.string(), command: z.string() })),
})
export type RecoverySheet = z.infer<typeof RecoverySheetSchema>
