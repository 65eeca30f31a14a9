import { z } from 'zod'
import { ArchiveSummarySchema, RungSchema } from './archive.ts'
import { ArchiveIdSchema, FindingSchema, IsoTime, WorkspaceIdSchema } from './common.ts'
import { DrillReportSchema } from './drill.ts'

/** When archives of a workspace are verified and drilled by themselves; schedules are cron expressions, null = never. */
export const ProofScheduleSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  timeZone: z.string(),
  verifySchedule: z.string().nullable(),
  verifyLevel: z.enum(['bytes', 'structure', 'content', 'config']),
  /** No further archive is begun after this long. */
  verifyBudgetMinutes: z.number().int().min(1).max(1440),
  drillSchedule: z.string().nullable(),
  nextVerifyAt: IsoTime.nullable(),
  nextDrillAt: IsoTime.nullable(),
})
export type ProofSchedule = z.infer<typeof ProofScheduleSchema>

/** Something that the evidence lacks, with what would mend it. */
export const GapSchema = z.object({
  code: z.enum(['no-archive', 'not-proven', 'no-drill', 'drill-failed', 'missed-runs', 'not-covered', 'lapsing']),
  since: IsoTime.nullable(),
  message: z.string(),
})

/** A suspect archive that somebody accepted as it is. */
export const ExceptionSchema = z.object({
  archiveId: ArchiveIdSchema,
  createdAt: IsoTime,
  at: IsoTime,
  actor: z.string(),
  reason: z.string(),
})

/** Days in a row, local dates, whose state no archive can give back. */
export const UnrestorableDaysSchema = z.object({
  from: z.iso.date(),
  to: z.iso.date(),
  days: z.number().int(),
  /** Archives that were taken in these days, and what they lack. */
  archives: z.number().int(),
  lacks: z.array(z.string()),
})
export type UnrestorableDays = z.infer<typeof UnrestorableDaysSchema>

/** What can be shown to somebody who asks whether a workspace is recoverable: dated, by archive, with what is missing. */
export const EvidenceSchema = z.object({
  generatedAt: IsoTime,
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  root: z.string(),
  /** Two sentences: to when it can be restored, and on which proof that rests. */
  verdict: z.string(),
  isRecoverable: z.boolean(),
  /** The newest at L3 or better that is not suspect; null = nothing is proven. */
  knownGood: ArchiveSummarySchema.nullable(),
  /** How many in all. */
  archivesTotal: z.number().int(),
  /** A page of archives, newest first, each with the newest result of each level. */
  archives: z.array(ArchiveSummarySchema.extend({ rungs: z.array(RungSchema) })),
  nextCursor: z.string().nullable(),
  /** Newest first. */
  drills: z.array(DrillReportSchema),
  schedule: ProofScheduleSchema,
  gaps: z.array(GapSchema),
  /** Of the last two years, oldest first; what retention thins out is none. */
  unrestorable: z.array(UnrestorableDaysSchema),
  exceptions: z.array(ExceptionSchema),
  /** Of the newest archive: what was not captured as it should be. */
  findings: z.array(FindingSchema),
})
export type Evidence = z.infer<typeof EvidenceSchema>
