import { z } from 'zod'
import { ArchiveSummarySchema } from './archive.ts'
import { ArchiveIdSchema, Bytes, FindingSchema, IsoTime } from './common.ts'

const reason = z.string().trim().min(1).max(500)
export const ForgetInput = z.object({ archiveId: ArchiveIdSchema, reason })
export const UnforgetInput = z.object({ archiveId: ArchiveIdSchema, reason: reason.optional() })
/** Days of grace; left out = the usual ones, 0 = take away at once. */
export const StartPruneInput = z.object({ graceDays: z.number().min(0).max(36_500).optional() })

/** A forgotten archive. */
export const TrashedSchema = ArchiveSummarySchema.extend({
  forgottenAt: IsoTime,
  forgottenBy: z.string(),
  reason: z.string(),
  /** From then on a prune takes it away for good. */
  goneAfter: IsoTime,
  /** Something keeps it in the trash, e.g. a hold; null = nothing does. */
  keptBy: z.string().nullable(),
})
export type Trashed = z.infer<typeof TrashedSchema>

/** What a prune would do now, or did. */
export const PruneFiguresSchema = z.object({
  /** Forgotten archives that go for good. */
  expired: z.array(z.string()),
  /** What all packs take, those in the trash left out. */
  packBytes: Bytes,
  /** What archives need of them. */
  neededBytes: Bytes,
  /** Packs that nothing needs, and their bytes. */
  deadPacks: z.number().int(),
  deadBytes: Bytes,
  /** Packs that are written again, since too little of them is needed or they are small, and what they take now and then. */
  repackPacks: z.number().int(),
  repackBytes: Bytes,
  repackedBytes: Bytes,
  /** Packs in the trash, and what leaves it for good. */
  trashPacks: z.number().int(),
  trashBytes: Bytes,
  unlinkPacks: z.number().int(),
  /** Free at the end. */
  reclaimedBytes: Bytes,
  /** In the trash at the end: free once the days of grace are over. */
  waitingBytes: Bytes,
  /** Packs that came back, since an archive needs them. */
  broughtBack: z.number().int(),
})
export type PruneFigures = z.infer<typeof PruneFiguresSchema>

export const PruneReportSchema = PruneFiguresSchema.extend({
  repositoryPath: z.string(),
  graceDays: z.number(),
  isDryRun: z.boolean(),
  durationMs: z.number().int(),
  findings: z.array(FindingSchema),
})
export type PruneReport = z.infer<typeof PruneReportSchema>
