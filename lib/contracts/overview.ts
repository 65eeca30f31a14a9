import { z } from 'zod'
import { ArchiveSummarySchema } from './archive.ts'
import { ArchiveIdSchema, Bytes, FindingSchema, GradeSchema, IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'
import { DrillVerdictSchema } from './drill.ts'
import { JobSchema } from './job.ts'

/** What a look at a critical JSON file found; `damaged` does not parse, `doubtful` parses but lost records, `unreadable`: nobody can tell. */
export const LiveVerdictSchema = z.enum(['fine', 'missing', 'damaged', 'doubtful', 'unreadable'])

/** A critical JSON file that is live, as the watch saw it last. */
export const WatchedFileSchema = z.object({
  itemKey: z.string(),
  label: z.string(),
  /** Absolute, in text form. */
  path: z.string(),
  verdict: LiveVerdictSchema,
  findings: z.array(FindingSchema),
  /** When a look first found what is wrong now; null while it is fine. */
  since: IsoTime.nullable(),
  /** When a look last found it fine; null = never. */
  fineAt: IsoTime.nullable(),
  seenAt: IsoTime,
})
export type WatchedFile = z.infer<typeof WatchedFileSchema>

/** Live changes since the newest archive, counted by a stat walk; null values mean live cannot be read now. */
export const RiskSchema = z.object({
  readAt: IsoTime,
  /** When the scheduled backup was due that did not happen; null = none is overdue. */
  overdueSince: IsoTime.nullable(),
  sinceArchiveId: z.string().nullable(),
  items: z.array(
    z.object({
      key: z.string(),
      label: z.string(),
      importance: z.string(),
      added: z.number().int(),
      changed: z.number().int(),
      removed: z.number().int(),
      changedBytes: Bytes,
    }),
  ),
  /** When the files that were added or changed were written last, in equal parts of the time since that archive; null without one. */
  written: z.object({ from: IsoTime, to: IsoTime, files: z.array(z.number().int()) }).nullable(),
  problems: z.array(FindingSchema),
  /** The live state file, looked at as a backup would; null when the config names none. */
  state: z
    .object({
      verdict: LiveVerdictSchema,
      findings: z.array(FindingSchema),
      /** When the watch first found something wrong with it; null = it is fine, or the watch has not met it yet. */
      since: IsoTime.nullable(),
      /** When the watch last found it fine; null = never. */
      fineAt: IsoTime.nullable(),
    })
    .nullable(),
})
export type Risk = z.infer<typeof RiskSchema>

export const StorageSchema = z.object({
  repositoryPath: z.string(),
  storedBytes: Bytes,
  contentBytes: Bytes,
  packs: z.number().int(),
  archives: z.number().int(),
  freeBytes: Bytes.nullable(),
  totalBytes: Bytes.nullable(),
})
export type Storage = z.infer<typeof StorageSchema>

/** How far archives are proven now, by level. */
export const ProvenLevelSchema = z.object({
  level: GradeSchema,
  /** Whole archives proven at this level or better. */
  archives: z.number().int(),
  /** The newest of them; null = none. */
  newest: z
    .object({
      id: ArchiveIdSchema,
      createdAt: IsoTime,
      checkedAt: IsoTime,
      /** Of the check that proved it; null where it was not measured. */
      durationMs: z.number().nullable(),
      /** Null = never. */
      expiresAt: IsoTime.nullable(),
    })
    .nullable(),
})
export type ProvenLevel = z.infer<typeof ProvenLevelSchema>

/** What is known of a drill from far: how long it took and what it said. */
export const DrillFigureSchema = z.object({
  jobId: JobIdSchema,
  verdict: DrillVerdictSchema,
  finishedAt: IsoTime,
  durationMs: z.number(),
})

export const OverviewSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  name: z.string(),
  now: IsoTime,
  archives: z.number().int(),
  oldestAt: IsoTime.nullable(),
  newest: ArchiveSummarySchema.nullable(),
  /** Newest at L3 or better and not suspect: what one can count on. */
  lastGood: ArchiveSummarySchema.nullable(),
  /** From L5 down to L1. */
  proven: z.array(ProvenLevelSchema),
  /** The last drills, newest first. */
  drills: z.array(DrillFigureSchema),
  nextRunAt: IsoTime.nullable(),
  /** A scheduled run that did not happen: when it was due; null = none. */
  overdueSince: IsoTime.nullable(),
  storage: StorageSchema.nullable(),
  recentJobs: z.array(JobSchema),
  /** Critical JSON files that are live, as the watch saw them last; empty before its first look. */
  live: z.array(WatchedFileSchema),
  /** What needs a person now, most urgent first. */
  needs: z.array(
    z.object({
      code: z.string(),
      severity: z.enum(['bad', 'warn', 'hold', 'info']),
      title: z.string(),
      detail: z.string(),
      action: z.string().nullable(),
      href: z.string().nullable(),
    }),
  ),
})
export type Overview = z.infer<typeof OverviewSchema>

/** One cell per local day of the strip. */
export const CalendarDaySchema = z.object({
  date: z.string(),
  archives: z.number().int(),
  newestId: z.string().nullable(),
  bestGrade: z.number().int().nullable(),
  suspect: z.boolean(),
  held: z.boolean(),
  safety: z.boolean(),
  expected: z.boolean(),
  overdue: z.boolean(),
})
export type CalendarDay = z.infer<typeof CalendarDaySchema>
