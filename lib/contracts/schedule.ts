import { z } from 'zod'
import { IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'
import { ProofScheduleSchema } from './evidence.ts'

/** Who starts what is due: the console while it runs, or the host's own cron or systemd. */
export const RunBySchema = z.enum(['console', 'host'])
export type RunBy = z.infer<typeof RunBySchema>

/** When a workspace is backed up and proven by itself. Schedules are cron expressions in its time zone; null = never by itself. */
export const WorkspaceScheduleSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  timeZone: z.string(),
  runBy: RunBySchema,
  schedule: z.string().nullable(),
  /** A scheduled backup that finds nothing changed takes no archive. */
  skipUnchanged: z.boolean(),
  /** Runs start up to this long after they are due, so that not all workspaces start at once; always the same for one workspace. */
  jitterMinutes: z.number().int().min(0).max(720),
  /** So many times a scheduled backup that failed is tried again, after 5, 15, 45 minutes and so on. */
  retries: z.number().int().min(0).max(10),
  nextRunAt: IsoTime.nullable(),
  /** When the run was due that did not happen; null = none is overdue. */
  overdueSince: IsoTime.nullable(),
  /** When a run that failed is tried again; null = nothing is to be tried again. */
  retryAt: IsoTime.nullable(),
  /** The start that failed. */
  failedJobId: JobIdSchema.nullable(),
  proofs: ProofScheduleSchema,
})
export type WorkspaceSchedule = z.infer<typeof WorkspaceScheduleSchema>

const Cron = z.string().trim().min(1).max(100).nullable().optional()

/** What can be changed; a key left out stays as it is. */
export const SetScheduleInput = z.object({
  workspaceId: WorkspaceIdSchema,
  timeZone: z.string().trim().min(1).max(80).optional(),
  runBy: RunBySchema.optional(),
  schedule: Cron,
  skipUnchanged: z.boolean().optional(),
  jitterMinutes: z.number().int().min(0).max(720).optional(),
  retries: z.number().int().min(0).max(10).optional(),
  verifySchedule: Cron,
  verifyLevel: ProofScheduleSchema.shape.verifyLevel.optional(),
  verifyBudgetMinutes: ProofScheduleSchema.shape.verifyBudgetMinutes.optional(),
  drillSchedule: Cron,
})
export type SetScheduleInput = z.infer<typeof SetScheduleInput>

/** When prunes start by themselves, for all repositories of the home. */
export const PruneScheduleSchema = z.object({
  /** A cron expression; null = by hand only. */
  schedule: z.string().nullable(),
  timeZone: z.string(),
  nextRunAt: IsoTime.nullable(),
  /** Why none would start now: the clock cannot be trusted; null = one would. */
  restsBecause: z.string().nullable(),
})
export type PruneSchedule = z.infer<typeof PruneScheduleSchema>
export const SetPruneScheduleInput = z.object({ schedule: Cron, timeZone: z.string().trim().min(1).max(80).optional() })
export type SetPruneScheduleInput = z.output<typeof SetPruneScheduleInput>

/** The next times of a schedule, or why it cannot be meant. */
export const SchedulePreviewSchema = z.object({
  /** In words; null = it can be meant. */
  problem: z.string().nullable(),
  /** Oldest first; empty where there is a problem. */
  runs: z.array(z.object({ at: IsoTime, local: z.string() })),
})
export type SchedulePreview = z.infer<typeof SchedulePreviewSchema>
