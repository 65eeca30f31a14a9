/** Several workspaces of a lost host, brought back in one go. */
import { z } from 'zod'
import { ArchiveIdSchema, Bytes, IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'
import { absolutePath, HostPlanSchema, HostSourceSchema, IgnoreSpace, OwnRepositorySchema, RoomSchema } from './host.ts'
import { PathMapSchema } from './path-map.ts'

/** So many in one go; more are brought back in another. */
const MOST_WORKSPACES = 200

const Told = z.object({ code: z.string(), message: z.string(), hint: z.string() })

/** An archive of each of several workspaces: no id, which is of one. */
const OfEachArchive = z
  .string()
  .regex(/^(latest(~\d{1,9})?|@.+)$/, 'Write latest, latest~N, or @ and a time such as @2026-11-24T02:00Z.')
  .refine((text) => !text.startsWith('@') || !Number.isNaN(Date.parse(text.slice(1))), 'That is not a time.')
  .nullable()
  .default(null)

/** What is asked for all of them. */
export const AskedOfAllSchema = z.object({
  /** `latest`, `latest~N` or `@TIME`, of each; null = the newest known-good one, else the newest. */
  archive: OfEachArchive,
  /** Also for their roots. */
  maps: z.array(PathMapSchema).max(50).default([]),
  rewriteConfig: z.boolean().default(false),
  /** Keys of items that stay in the archives, of each workspace that has them. */
  leaveOut: z.array(z.string().min(1).max(200)).max(100).default([]),
})
export type AskedOfAll = z.infer<typeof AskedOfAllSchema>

/** What is asked for: all workspaces that a source has, or some of them, each back to where it lay unless something else is said. */
export const WholeHostRequestSchema = AskedOfAllSchema.extend({
  source: HostSourceSchema.refine(({ kind }) => kind !== 'tar', 'An exported archive holds one workspace.'),
  /** Ids or names, in the order in which they come back; empty = all, by name. */
  workspaces: z.array(z.string().min(1).max(80)).max(MOST_WORKSPACES).default([]),
  /** Where single ones go instead; absent or empty folders. */
  roots: z
    .array(z.object({ workspace: z.string().min(1).max(80), root: absolutePath }))
    .max(MOST_WORKSPACES)
    .default([]),
  ignoreSpace: IgnoreSpace,
})
export type WholeHostRequest = z.infer<typeof WholeHostRequestSchema>

/** One workspace of the plan: `ready` comes back, `here` stands on this host already, `stopped` cannot come back as it was asked for. */
export const WholeHostPartSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  state: z.enum(['ready', 'here', 'stopped']),
  oldRoot: z.string(),
  /** Where it goes; of one that is here, where it stands. */
  root: z.string(),
  /** What stops it; null = nothing does. */
  why: Told.nullable(),
  /** As for that workspace alone; null unless it is ready. */
  plan: HostPlanSchema.nullable(),
})
export type WholeHostPart = z.infer<typeof WholeHostPartSchema>

/** How several workspaces would be brought back on this host. */
export const WholeHostPlanSchema = z.object({
  /** In the order in which they come back. */
  workspaces: z.array(WholeHostPartSchema),
  /** What the ready ones need of each file system, the tightest first. */
  volumes: z.array(RoomSchema),
  /** Of the ready ones. */
  files: z.number().int(),
  contentBytes: Bytes,
  /** Null = backups go on in the repositories that they come from. */
  backupsGoTo: OwnRepositorySchema.nullable(),
  /** Over the plans of the ready ones. */
  digest: z.string(),
})
export type WholeHostPlan = z.infer<typeof WholeHostPlanSchema>

/** How it went with one workspace. `waiting` in what has ended = not begun. */
export const BroughtBackSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  root: z.string(),
  outcome: z.enum(['waiting', 'running', 'back', 'failed', 'cancelled', 'stopped', 'here']),
  archiveId: ArchiveIdSchema.nullable(),
  createdAt: IsoTime.nullable(),
  files: z.number().int(),
  contentBytes: Bytes,
  /** Its own job, with its steps and its log; null = not begun. */
  jobId: JobIdSchema.nullable(),
  startedAt: IsoTime.nullable(),
  finishedAt: IsoTime.nullable(),
  restoredFiles: z.number().int(),
  restoredBytes: Bytes,
  /** Its files are there and proven, also where its orchestrator did not start. */
  areFilesBack: z.boolean(),
  /** Its orchestrator was started and is healthy. */
  isStarted: z.boolean(),
  warnings: z.number().int(),
  /** Why it is not back, and what to do next. */
  error: Told.nullable(),
})
export type BroughtBack = z.infer<typeof BroughtBackSchema>

/** How bringing several workspaces back went, or goes. */
export const WholeHostResultSchema = z.object({
  runbook: z.literal('whole-host'),
  workspaces: z.array(BroughtBackSchema),
  /** What was asked for all of them, to take the rest up again. */
  asked: AskedOfAllSchema,
  /** Of the plan. */
  digest: z.string(),
})
export type WholeHostResult = z.infer<typeof WholeHostResultSchema>

/** Starts what was planned: of these workspaces exactly these plans. */
export const StartRecoverWholeHostInput = z.object({
  request: WholeHostRequestSchema,
  workspaces: z
    .array(z.object({ workspaceId: WorkspaceIdSchema, root: absolutePath, digest: z.string().min(1).max(200) }))
    .min(1)
    .max(MOST_WORKSPACES),
  confirmName: z.string().max(200),
})
