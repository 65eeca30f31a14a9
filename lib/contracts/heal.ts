import { z } from 'zod'
import { VerifyReportSchema } from './archive.ts'
import { ArchiveIdSchema } from './common.ts'

/** `from`: the folder, on the host, of another repository that may have what is lost. */
export const StartHealInput = z.object({ from: z.string().startsWith('/').max(4096).optional() })

const count = z.number().int()

/** What healing a repository did, or would do. */
export const HealReportSchema = z.object({
  repositoryPath: z.string(),
  isDryRun: z.boolean(),
  durationMs: count,
  /** Objects that were damaged or gone, by name. */
  damaged: z.array(z.string()),
  /** Of these, what was put right under its own name. */
  putRight: z.array(z.string()),
  /** Of these, what was moved to `damaged/`, to be looked at or deleted by hand. */
  setAside: z.array(z.string()),
  /** Frames that archives need and no whole pack had. */
  lostFrames: count,
  /** Where they were found again. */
  found: z.object({ damagedPacks: count, otherRepositories: count, entries: count, liveFiles: count }),
  /** What nobody has. */
  stillLost: count,
  /** Archives with entries that cannot be given back, newest first, with the first paths. */
  affected: z.array(z.object({ archiveId: ArchiveIdSchema, entries: count, paths: z.array(z.string()) })),
  /** Archives whose manifest nobody has. */
  unreadable: z.array(ArchiveIdSchema),
  /** Everything verified again afterwards; null when nothing was changed. */
  verified: VerifyReportSchema.nullable(),
})
export type HealReport = z.infer<typeof HealReportSchema>
