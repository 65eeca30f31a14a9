import { z } from 'zod'
import { IsoTime, pageOf, WorkspaceIdSchema } from './common.ts'

/** One line of the audit log: who did what to which object from where. */
export const AuditLineSchema = z.object({
  /** Its place in the log, from 1, without gaps. */
  seq: z.number().int(),
  at: IsoTime,
  actorId: z.string().nullable(),
  actor: z.string(),
  role: z.string(),
  /** `cli`, `console` or `api`. */
  via: z.string(),
  /** Where the request came from; null for a shell, and where nothing trusted says so. */
  address: z.string().nullable(),
  /** Verb and object, e.g. `archive.hold`. */
  action: z.string(),
  objectKind: z.string(),
  objectId: z.string().nullable(),
  workspaceId: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  previousHash: z.string(),
  /** SHA-256 over all of the above. */
  hash: z.string(),
})
export type AuditLine = z.infer<typeof AuditLineSchema>

const text = z.string().trim().min(1).max(200).optional()

/** Which lines; what is left out is not asked for. */
export const AuditFilterSchema = z.object({
  actor: text,
  action: text,
  objectKind: text,
  objectId: text,
  workspaceId: WorkspaceIdSchema.optional(),
  from: IsoTime.optional(),
  to: IsoTime.optional(),
})
export type AuditFilter = z.infer<typeof AuditFilterSchema>

export const AuditPageSchema = pageOf(AuditLineSchema).extend({
  /** What is in the log, for filters: at most 500 of each. */
  facets: z.object({ actors: z.array(z.string()), actions: z.array(z.string()), objectKinds: z.array(z.string()) }),
})
export type AuditPage = z.infer<typeof AuditPageSchema>

/** The copy of the log beside the archives of one repository. */
export const AuditMirrorSchema = z.object({
  repository: z.string(),
  /** The newest line of this log that lies there; 0 = none. */
  upTo: z.number().int(),
  /** Lines that are not copied yet. */
  behind: z.number().int(),
  /** What is wrong with it, or what it shows to be wrong with the log; null = nothing. */
  problem: z.string().nullable(),
})
export type AuditMirror = z.infer<typeof AuditMirrorSchema>

/** What a walk over the whole chain found. */
export const AuditCheckSchema = z.object({
  ok: z.boolean(),
  /** Lines that fit, from the first on. */
  rows: z.number().int(),
  /** The first line that does not fit; null when all do. */
  brokenAt: z.number().int().nullable(),
  /** Hash of the last line that fits. */
  head: z.string(),
  /** Whether the database itself still refuses to change and to shorten the log. */
  isGuarded: z.boolean(),
  /** Copies beside the archives, which also show lines that were cut off the end. `ok` is false when one tells of a problem. */
  mirrors: z.array(AuditMirrorSchema),
})
export type AuditCheck = z.infer<typeof AuditCheckSchema>
