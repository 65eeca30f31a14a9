import { z } from 'zod'
import { RestorePlanSchema } from './archive.ts'
import { ArchiveIdSchema, Bytes, FindingSchema, GradeSchema, IsoTime } from './common.ts'
import { PathMapSchema } from './path-map.ts'
import { RunbookStepSchema } from './recover.ts'

/** A path on the host that the console runs on. */
export const absolutePath = z.string().trim().startsWith('/', 'Write the whole path, from /.').max(4096)

/** What the runbook for a lost host is asked for. */
export const HostRequestSchema = z.object({
  /** Where the archive comes from: a repository to take over, an exported tar to take in, or what this console knows already. */
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('repository'), path: absolutePath }),
    z.object({ kind: z.literal('tar'), path: absolutePath }),
    z.object({ kind: z.literal('known') }),
  ]),
  /** Id or name; left out where there is only one. */
  workspace: z.string().min(1).max(80).optional(),
  /** Left out: the newest known-good one. */
  archive: ArchiveIdSchema.optional(),
  /** Where the workspace goes; absent or empty. */
  root: absolutePath,
  maps: z.array(PathMapSchema).max(50).default([]),
  rewriteConfig: z.boolean().default(false),
})
export type HostRequest = z.infer<typeof HostRequestSchema>

/** How a workspace would be brought back on this host. */
export const HostPlanSchema = z.object({
  workspaceId: z.string(),
  workspace: z.string(),
  repositoryPath: z.string(),
  archiveId: ArchiveIdSchema,
  createdAt: IsoTime,
  grade: GradeSchema.nullable(),
  /** Where it lay, and where it goes. */
  oldRoot: z.string(),
  root: z.string(),
  configPath: z.string(),
  /** Path keys of the config that would be rewritten; without rewriting, path maps stand in for it. */
  rewrites: z.array(z.object({ key: z.string(), before: z.string(), after: z.string() })),
  isRewriting: z.boolean(),
  /** Where each item goes; `path` null when nothing of it is archived. */
  items: z.array(
    z.object({ key: z.string(), label: z.string(), path: z.string().nullable(), files: z.number().int(), contentBytes: Bytes }),
  ),
  contentBytes: Bytes,
  /** Of the file system that the root lies on. */
  freeBytes: Bytes,
  maps: z.array(z.object({ from: z.string(), to: z.string() })),
  /** Null in a dry run before the config is in place, where the items cannot be planned yet. */
  restore: RestorePlanSchema.nullable(),
  problems: z.array(FindingSchema),
  steps: z.array(RunbookStepSchema),
})
export type HostPlan = z.infer<typeof HostPlanSchema>
