import { z } from 'zod'
import { VerifyResultSchema } from './archive.ts'
import { ArchiveIdSchema, Bytes, FindingSchema, GradeSchema, IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'

/** `passed` and `archive-bad` speak of the archive; `environment-broke` says nothing about it. */
export const DrillVerdictSchema = z.enum(['passed', 'archive-bad', 'environment-broke'])
export type DrillVerdict = z.infer<typeof DrillVerdictSchema>

export const DrillStepSchema = z.object({
  key: z.enum(['sweep', 'prepare', 'verify', 'restore', 'compare', 'content', 'config', 'command', 'clean']),
  title: z.string(),
  /** `failed` speaks against the archive, `broke` against the host; `skipped` was not reached or is not configured. */
  outcome: z.enum(['passed', 'failed', 'broke', 'skipped']),
  durationMs: z.number(),
  /** What was seen, in a sentence. */
  evidence: z.string(),
})
export type DrillStep = z.infer<typeof DrillStepSchema>

/** What a drill did and found; the result of a drill job. */
export const DrillReportSchema = z.object({
  jobId: JobIdSchema,
  archiveId: ArchiveIdSchema,
  /** When the archive was taken. */
  archiveAt: IsoTime,
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  verdict: DrillVerdictSchema,
  /** The grade that the drill found; null = it found out nothing about the archive and changed no grade. */
  grade: GradeSchema.nullable(),
  startedAt: IsoTime,
  finishedAt: IsoTime,
  durationMs: z.number(),
  /** Until when a pass counts; null when there is no pass. */
  expiresAt: IsoTime.nullable(),
  actor: z.string(),
  host: z.string(),
  /** The folder in which it happened; it is gone when the drill is over. */
  scratch: z.string(),
  restoredFiles: z.number().int(),
  restoredBytes: Bytes,
  /** The host's own command that ran on the copy; null = none is configured. */
  drillCommand: z.array(z.string()).nullable(),
  steps: z.array(DrillStepSchema),
  findings: z.array(FindingSchema),
  /** The archive as `verify` tells of it. */
  archives: z.array(VerifyResultSchema),
})
export type DrillReport = z.infer<typeof DrillReportSchema>
