import { z } from 'zod'

/** ISO 8601 in UTC, e.g. `2026-11-24T02:00:00.000Z`. */
export const IsoTime = z.iso.datetime()
export const ArchiveIdSchema = z.templateLiteral(['arc_', z.string().regex(/^[0-9a-f]{24}$/)])
export const WorkspaceIdSchema = z.templateLiteral(['ws_', z.string().regex(/^[0-9a-f]{16}$/)])
export const JobIdSchema = z.templateLiteral(['job_', z.string().regex(/^[0-9a-f]{20}$/)])
export const Bytes = z.number().int()

export const ImportanceSchema = z.enum(['critical', 'high', 'medium'])
export type Importance = z.infer<typeof ImportanceSchema>

/** L0 none or failed … L5 restored in a drill. Null elsewhere means never measured. */
export const GradeSchema = z.number().int().min(0).max(5)
export type Grade = 0 | 1 | 2 | 3 | 4 | 5

/** One named problem: which object, what, and why. */
export const FindingSchema = z.object({
  /** `error` fails the work, `warning` ends it as "with warnings", `info` is only told. */
  severity: z.enum(['error', 'warning', 'info']),
  code: z.string(),
  /** The object: an archive path, a source path, a config key; null when it is the whole. */
  path: z.string().nullable(),
  message: z.string(),
})
export type Finding = z.infer<typeof FindingSchema>

/** The one error shape of API, server actions and `--json`. */
export const ErrorBodySchema = z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() })
export type ErrorBody = z.infer<typeof ErrorBodySchema>

/** A page of a keyset-paged list; `nextCursor` null means the end. */
export const pageOf = <T extends z.ZodType>(row: T) => z.object({ rows: z.array(row), nextCursor: z.string().nullable() })
