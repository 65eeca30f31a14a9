import { z } from 'zod'
import { Bytes, FindingSchema, ImportanceSchema, IsoTime, WorkspaceIdSchema } from './common.ts'
import { type PathMap, PathMapSchema } from './path-map.ts'
import { RuntimeSchema } from './runtime.ts'

export { type PathMap, PathMapSchema }

/** An extra item the user chose: a path-like config key beyond the known ones. */
export const ExtraItemSchema = z.object({ key: z.string().min(1), importance: ImportanceSchema })
export type ExtraItem = z.infer<typeof ExtraItemSchema>

/** An item as the config resolves it right now. */
export const ResolvedItemSchema = z.object({
  /** The config key (`stateFile`, `logsDir`, …); `config` for the config file itself. */
  key: z.string(),
  label: z.string(),
  importance: ImportanceSchema,
  kind: z.enum(['file', 'folder', 'missing', 'not-covered']),
  /** The value as the config says it; null for the config file. */
  configured: z.string().nullable(),
  /** Absolute path on this host, in text form; null when it is not a file path (e.g. `mongodb://`). */
  path: z.string().nullable(),
  /** Its name at the top of the archive. */
  archiveName: z.string().nullable(),
  exists: z.boolean(),
  /** Null = not measured. */
  sizeBytes: Bytes.nullable(),
  files: z.number().int().nullable(),
  problems: z.array(FindingSchema),
})
export type ResolvedItem = z.infer<typeof ResolvedItemSchema>

export const WorkspaceSchema = z.object({
  id: WorkspaceIdSchema,
  name: z.string(),
  root: z.string(),
  configPath: z.string(),
  maps: z.array(PathMapSchema),
  extraItems: z.array(ExtraItemSchema),
  /** Cron expression of the daily backup; null = nothing scheduled. */
  schedule: z.string().nullable(),
  timeZone: z.string(),
  createdAt: IsoTime,
})
export type Workspace = z.infer<typeof WorkspaceSchema>

export const WorkspaceDetailSchema = WorkspaceSchema.extend({
  items: z.array(ResolvedItemSchema),
  /** Path-like config keys that are not items yet. */
  offers: z.array(z.object({ key: z.string(), configured: z.string(), path: z.string(), exists: z.boolean() })),
  /** Path maps that would make missing absolute paths point into the root. */
  suggestedMaps: z.array(PathMapSchema),
  problems: z.array(FindingSchema),
  /** Config paths that changed since the newest archive. */
  configChanges: z.array(z.object({ key: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
  runtime: RuntimeSchema,
})
export type WorkspaceDetail = z.infer<typeof WorkspaceDetailSchema>

export const AddWorkspaceInput = z.object({
  root: z.string().min(1),
  configPath: z.string().min(1).optional(),
  name: z.string().min(1).max(80).optional(),
  extraItems: z.array(ExtraItemSchema).default([]),
  maps: z.array(PathMapSchema).default([]),
})
export type AddWorkspaceInput = z.input<typeof AddWorkspaceInput>
