import { z } from 'zod'
import { RestoreRequestSchema } from './archive.ts'
import { Bytes, FindingSchema, IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'
import { JOB_KINDS, JOB_OUTCOMES } from './kinds.ts'
import type { RunbookStep } from './recover.ts'
import type { BroughtBack } from './whole-host.ts'

export const JobKindSchema = z.enum(JOB_KINDS)
export type JobKind = z.infer<typeof JobKindSchema>
/** Status says where it is, outcome how it ended; they are never mixed. */
export const JobStatusSchema = z.enum(['queued', 'running', 'cancelling', 'finished'])
export type JobStatus = z.infer<typeof JobStatusSchema>
export const JobOutcomeSchema = z.enum(JOB_OUTCOMES)
export type JobOutcome = z.infer<typeof JobOutcomeSchema>

export const JobProgressSchema = z.object({
  phase: z.string(),
  filesDone: z.number().int(),
  /** Null = unknown, never 0. */
  filesTotal: z.number().int().nullable(),
  bytesDone: Bytes,
  bytesTotal: Bytes.nullable(),
  currentPath: z.string().nullable(),
  /** A 10 s mean; null until known. */
  bytesPerSecond: z.number().nullable(),
  etaMs: z.number().nullable(),
  at: IsoTime,
})
export type JobProgress = z.infer<typeof JobProgressSchema>

export const JobSchema = z.object({
  id: JobIdSchema,
  kind: JobKindSchema,
  workspaceId: WorkspaceIdSchema.nullable(),
  workspace: z.string().nullable(),
  /** One line for people: "Back up orch-prod". */
  title: z.string(),
  /** The equivalent command. */
  command: z.string(),
  status: JobStatusSchema,
  outcome: JobOutcomeSchema.nullable(),
  actor: z.string(),
  createdAt: IsoTime,
  startedAt: IsoTime.nullable(),
  finishedAt: IsoTime.nullable(),
  progress: JobProgressSchema.nullable(),
  /** What a restore was asked for, so that it can be planned again; null for other kinds. */
  restoreRequest: RestoreRequestSchema.nullable(),
  /** What a queued job waits for, in words. */
  waitsFor: z.string().nullable(),
  findings: z.array(FindingSchema),
  /** The verb's own result document. */
  result: z.unknown().nullable(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
})
export type Job = z.infer<typeof JobSchema>

export const JobLogLineSchema = z.object({ at: IsoTime, level: z.enum(['info', 'warning', 'error']), message: z.string() })
export type JobLogLine = z.infer<typeof JobLogLineSchema>

/** Lines of `jobs/<id>.ndjson`; also what `--json` prints for long verbs. */
export type JobEvent =
  | ({ type: 'progress' } & JobProgress)
  | ({ type: 'log' } & JobLogLine)
  | { type: 'plan'; plan: unknown }
  /** A step of a runbook began or ended. */
  | { type: 'step'; step: RunbookStep }
  /** One of several workspaces began to come back, or did; or it did not. */
  | { type: 'workspace'; workspace: BroughtBack }
  /** Printed at once and never recorded: the key of a repository that was just made. */
  | { type: 'recovery-key'; recoveryKey: string }
  | { type: 'result'; [field: string]: unknown }
  | { type: 'error'; code: string; message: string; hint: string }

/** What the browser receives: the full state on connect and after each change, numbered by `revision`. */
export const JobFeedSchema = z.object({ revision: z.number().int(), jobs: z.array(JobSchema) })
export type JobFeed = z.infer<typeof JobFeedSchema>
