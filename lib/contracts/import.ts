import { z } from 'zod'
import { ArchiveIdSchema, GradeSchema } from './common.ts'

/** What became of one tar file. */
export const ImportedFileSchema = z.object({
  /** Its path on the host. */
  file: z.string(),
  archiveId: ArchiveIdSchema,
  workspace: z.string(),
  /** Null: nothing is proven of it here yet. */
  grade: GradeSchema.nullable(),
  /** Items that the archive names and does not hold. */
  lacks: z.array(z.string()),
  /** False: the repository had this archive already. */
  isNew: z.boolean(),
  files: z.number().int(),
})
export type ImportedFile = z.infer<typeof ImportedFileSchema>

export const ImportReportSchema = z.object({
  imported: z.array(ImportedFileSchema),
  /** Files that did not come in, and why. */
  refused: z.array(z.object({ file: z.string(), code: z.string(), message: z.string() })),
})
export type ImportReport = z.infer<typeof ImportReportSchema>
