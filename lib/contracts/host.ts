import { z } from 'zod'
import { RestorePlanSchema } from './archive.ts'
import { ArchiveIdSchema, Bytes, FindingSchema, GradeSchema, IsoTime, WorkspaceIdSchema } from './common.ts'
import { PathMapSchema } from './path-map.ts'
import { RunbookStepSchema } from './recover.ts'
import { ReplicaSecretsSchema, ReplicaTargetSchema, TargetStepSchema } from './replica.ts'
import { PlaceIdSchema, TypedSecret } from './repository-keys.ts'

/** A path on the host that the console runs on. */
export const absolutePath = z.string().trim().startsWith('/', 'Write the whole path, from /.').max(4096)

/**
 * Where the archive comes from: a repository to take over, a copy at another place that was looked at, an exported tar to take in, or what this console knows
 * already.
 */
export const HostSourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('repository'), path: absolutePath }),
  z.object({ kind: z.literal('place'), placeId: PlaceIdSchema }),
  z.object({ kind: z.literal('tar'), path: absolutePath }),
  z.object({ kind: z.literal('known') }),
])
export type HostSource = z.infer<typeof HostSourceSchema>

/** Looks at where a lost host may come back from, and keeps sealed what opens that place. A secret opens the repository where it is encrypted. */
export const LookAtSourceInput = TypedSecret.extend({
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('repository'), path: absolutePath }),
    z.object({ kind: z.literal('place'), target: ReplicaTargetSchema, secrets: ReplicaSecretsSchema.default({ kind: 'none' }) }),
  ]),
})
export type LookAtSourceInput = z.output<typeof LookAtSourceInput>

/** What was found there. */
export const SourceLookSchema = z.object({
  /** In a line. */
  place: z.string(),
  isUsable: z.boolean(),
  /** In the order in which they were tried; ends with the first that failed. */
  steps: z.array(TargetStepSchema),
  /** The key that the server showed and nobody confirmed yet; null = there is none to confirm. */
  hostKeyFingerprint: z.string().nullable(),
  /** Null = nobody can tell yet. */
  isEncrypted: z.boolean().nullable(),
  archives: z.number().int().nullable(),
  /** What a plan names; null = it cannot be used. */
  source: HostSourceSchema.nullable(),
})
export type SourceLook = z.infer<typeof SourceLookSchema>

/** Start although a disk seems to have too little room. */
export const IgnoreSpace = z.boolean().default(false)

/** What is to be written to one file system. Sizes count the holes of sparse files, so less may do; each restore looks for itself before it writes. */
export const RoomSchema = z.object({
  path: z.string(),
  neededBytes: Bytes,
  freeBytes: Bytes,
  needs: z.array(z.object({ workspaceId: WorkspaceIdSchema, key: z.string(), bytes: Bytes })),
})
export type Room = z.infer<typeof RoomSchema>

/** What the runbook for a lost host is asked for. */
export const HostRequestSchema = z.object({
  source: HostSourceSchema,
  /** Id or name; left out where there is only one. */
  workspace: z.string().min(1).max(80).optional(),
  /** Left out: the newest known-good one. */
  archive: ArchiveIdSchema.optional(),
  /** Where the workspace goes; absent or empty. */
  root: absolutePath,
  maps: z.array(PathMapSchema).max(50).default([]),
  rewriteConfig: z.boolean().default(false),
  /** Keys of items that stay in the archive. */
  leaveOut: z.array(z.string().min(1).max(200)).max(100).default([]),
  ignoreSpace: IgnoreSpace,
})
export type HostRequest = z.infer<typeof HostRequestSchema>

/** Where backups go when the repository is a copy that is only read. */
export const OwnRepositorySchema = z.object({
  path: z.string(),
  /** It is made when the runbook starts, encrypted where the copy is. */
  isNew: z.boolean(),
  isEncrypted: z.boolean(),
  /** It is there already and not encrypted, though the copy is. */
  isLess: z.boolean(),
})
export type OwnRepository = z.infer<typeof OwnRepositorySchema>

/** How a workspace would be brought back on this host. */
export const HostPlanSchema = z.object({
  workspaceId: z.string(),
  workspace: z.string(),
  repositoryPath: z.string(),
  archiveId: ArchiveIdSchema,
  createdAt: IsoTime,
  grade: GradeSchema.nullable(),
  /** Something about it looks wrong: torn, reset or shrunken content. */
  isSuspect: z.boolean(),
  /** Where it lay, and where it goes. */
  oldRoot: z.string(),
  root: z.string(),
  configPath: z.string(),
  /** Path keys of the config that would be rewritten; without rewriting, path maps stand in for it. */
  rewrites: z.array(z.object({ key: z.string(), before: z.string(), after: z.string() })),
  isRewriting: z.boolean(),
  /** Where each item goes; `path` null when nothing of it is archived. */
  items: z.array(
    z.object({
      ...{ key: z.string(), label: z.string(), path: z.string().nullable(), files: z.number().int(), contentBytes: Bytes },
      isLeftOut: z.boolean(),
      /** The config says where everything goes, so it always comes back. */
      mayBeLeftOut: z.boolean(),
    }),
  ),
  /** Of what comes back. */
  contentBytes: Bytes,
  /** What comes back needs of each file system, the tightest first. */
  volumes: z.array(RoomSchema),
  maps: z.array(z.object({ from: z.string(), to: z.string() })),
  /** Null in a dry run before the config is in place, where the items cannot be planned yet. */
  restore: RestorePlanSchema.nullable(),
  /** Null = backups go on in the repository that it comes from. */
  backupsGoTo: OwnRepositorySchema.nullable(),
  problems: z.array(FindingSchema),
  steps: z.array(RunbookStepSchema),
  /** Of which archive, where everything goes and what is left out: what somebody agrees to. */
  digest: z.string(),
})
export type HostPlan = z.infer<typeof HostPlanSchema>
