import { z } from 'zod'
import { ArchiveIdSchema, Bytes, FindingSchema } from './common.ts'

const count = z.number().int()

/** What became of a replica of the old repository. */
export const MovedReplicaSchema = z.object({
  name: z.string(),
  /** Its place, where the copies of the old repository stay. */
  from: z.string(),
  /** Where it goes on; null = it needs another place. */
  to: z.string().nullable(),
  /** Why it does not go on by itself; null = it does. */
  why: z.string().nullable(),
})
export type MovedReplica = z.infer<typeof MovedReplicaSchema>

/** What a migration of a repository into a new one did. */
export const MigrationReportSchema = z.object({
  from: z.string(),
  fromId: z.string(),
  to: z.string(),
  toId: z.string(),
  isEncrypted: z.boolean(),
  /** Archives that this run wrote, and how many the new repository has now, those in the trash included. */
  written: z.array(ArchiveIdSchema),
  archives: count,
  /** Archives that were named to be left out. */
  leftOut: z.array(ArchiveIdSchema),
  readBytes: Bytes,
  writtenBytes: Bytes,
  /** True when workspaces use the new repository from now on. */
  isSwitched: z.boolean(),
  /** Names of the workspaces that do. */
  workspaces: z.array(z.string()),
  /** What became of their replicas. */
  replicas: z.array(MovedReplicaSchema).default([]),
  durationMs: count,
  findings: z.array(FindingSchema),
})
export type MigrationReport = z.infer<typeof MigrationReportSchema>

/** A repository that another one took the place of: it is kept, and only read. */
export const ReplacedRepositorySchema = z.object({
  path: z.string(),
  id: z.string(),
  /** Folder of the one that took over. */
  by: z.string(),
  at: z.string(),
})
export type ReplacedRepository = z.infer<typeof ReplacedRepositorySchema>
