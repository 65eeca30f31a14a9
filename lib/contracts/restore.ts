import { z } from 'zod'
import { RestoreStepSchema } from './archive.ts'
import { ArchiveIdSchema, IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'

const ItemsSchema = z.array(z.object({ key: z.string(), label: z.string(), targetPath: z.string() }))

/** What became of a restore or undo that was interrupted. */
export const SettledSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  /** `untouched`: nothing live had been changed yet. `abandoned`: left as it is, because somebody said so. */
  outcome: z.enum(['untouched', 'rolled-back', 'finished', 'abandoned']),
  kind: z.enum(['restore', 'undo']),
  jobId: JobIdSchema,
  archiveId: ArchiveIdSchema.nullable(),
  /** How far it had come. */
  phase: z.string(),
  items: ItemsSchema,
  /** The job whose undo is open now; null when there is none. */
  undo: JobIdSchema.nullable(),
  undoUntil: IsoTime.nullable(),
  /** True when it had stopped the orchestrator, which settling does not start. */
  isStopped: z.boolean(),
  /** What had to be moved or left, as sentences. */
  notes: z.array(z.string()),
})
export type Settled = z.infer<typeof SettledSchema>

/** A restore or undo that can be taken back. */
export const OpenUndoSchema = z.object({
  jobId: JobIdSchema,
  kind: z.enum(['restore', 'undo']),
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  archiveId: ArchiveIdSchema.nullable(),
  safetyArchiveId: ArchiveIdSchema.nullable(),
  /** When it was done. */
  at: IsoTime,
  /** Until when what it replaced is kept. */
  until: IsoTime,
  items: ItemsSchema,
  /** Folders that hold what was replaced. */
  quarantinePaths: z.array(z.string()),
})
export type OpenUndo = z.infer<typeof OpenUndoSchema>

export const MovedOnSchema = z.object({ path: z.string(), what: z.enum(['changed', 'gone', 'there again', 'added']) })

/** The result of an undo job. */
export const UndoResultSchema = z.object({
  /** The job that was taken back. */
  undone: JobIdSchema,
  archiveId: ArchiveIdSchema.nullable(),
  /** Paths that came out of quarantine, and paths that went into one. */
  broughtBack: z.number().int(),
  movedAway: z.number().int(),
  /** The first paths that were not as the restore had left them; `movedOnCount` says how many there were. */
  movedOn: z.array(MovedOnSchema),
  movedOnCount: z.number().int(),
  safetyArchiveId: ArchiveIdSchema.nullable(),
  /** The job that undoes this undo. */
  undo: JobIdSchema.nullable(),
  undoUntil: IsoTime.nullable(),
  quarantinePath: z.string().nullable(),
  steps: z.array(RestoreStepSchema),
  durationMs: z.number(),
})
export type UndoResult = z.infer<typeof UndoResultSchema>
