import { z } from 'zod'
import { RestoreResultSchema } from './archive.ts'
import { ArchiveIdSchema, Bytes, FindingSchema, GradeSchema, IsoTime } from './common.ts'
import { RecordDiffSchema } from './compare.ts'

/** One step of a runbook: what it was to do, how it ended and its evidence in one line. */
export const RunbookStepSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** `planned` = of a dry run; `skipped` = not needed, or not reached after a failure. */
  outcome: z.enum(['planned', 'running', 'done', 'warning', 'failed', 'skipped']),
  detail: z.string(),
  /** When it began; null = it did not run. */
  at: IsoTime.nullable().optional(),
  /** Null = it did not run. */
  durationMs: z.number().nullable(),
})
export type RunbookStep = z.infer<typeof RunbookStepSchema>

/** What becomes of a damaged state: the good one alone, what the damaged one still has merged into it, or the damaged one as far as it goes. */
export const SalvageModeSchema = z.enum(['none', 'merge', 'prefix'])
export type SalvageMode = z.infer<typeof SalvageModeSchema>

/** An archive that the state could come from. */
export const StateCandidateSchema = z.object({
  archiveId: ArchiveIdSchema,
  createdAt: IsoTime,
  grade: GradeSchema.nullable(),
  gradedAt: IsoTime.nullable(),
  /** At L3 or better now, and not suspect. */
  isKnownGood: z.boolean(),
  isSuspect: z.boolean(),
  sizeBytes: Bytes,
})
export type StateCandidate = z.infer<typeof StateCandidateSchema>

/** How the state file of a workspace would be recovered. */
export const StatePlanSchema = z.object({
  workspaceId: z.string(),
  workspace: z.string(),
  /** Its path in archives, and on this host. */
  path: z.string(),
  livePath: z.string(),
  verdict: z.enum(['fine', 'missing', 'damaged', 'doubtful', 'unreadable']),
  findings: z.array(FindingSchema),
  liveBytes: Bytes.nullable(),
  /** When the watch first found something wrong; null = it is fine, or the watch has not met it yet. */
  since: IsoTime.nullable(),
  /** When the watch last found it fine; null = never. */
  fineAt: IsoTime.nullable(),
  /** Newest first: distinct states, known-good ones before others of the same age. */
  candidates: z.array(StateCandidateSchema),
  chosenId: ArchiveIdSchema.nullable(),
  salvage: z.object({
    mode: SalvageModeSchema,
    /** Bytes from the start of the live file that can be believed; null when it was not looked at or is whole. */
    usedBytes: Bytes.nullable(),
  }),
  /** From what live still holds to what would be there: what is lost in it would be lost. Null when nothing live can be read. */
  change: RecordDiffSchema.nullable(),
  steps: z.array(RunbookStepSchema),
})
export type StatePlan = z.infer<typeof StatePlanSchema>

/** How a runbook went. */
export const RunbookResultSchema = z.object({
  runbook: z.enum(['state', 'disk', 'host']),
  steps: z.array(RunbookStepSchema),
  /** The archive that holds everything as it was before. */
  preservedArchiveId: ArchiveIdSchema.nullable(),
  restore: RestoreResultSchema.nullable(),
})
export type RunbookResult = z.infer<typeof RunbookResultSchema>
