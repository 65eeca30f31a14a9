import { z } from 'zod'
import { ArchiveIdSchema, Bytes, FindingSchema, IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'
import { PolicyChangeSchema, RetentionPolicySchema } from './retention.ts'

export const ReplicaIdSchema = z.templateLiteral(['rep_', z.string().regex(/^[0-9a-f]{16}$/)])
export type ReplicaId = z.infer<typeof ReplicaIdSchema>

const name = z.string().trim().min(1).max(80)

/** Where copies lie, told without secrets; the shape of the engine's own targets. */
export const ReplicaTargetSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('folder'),
    path: z.string().trim().startsWith('/', 'an absolute path is expected').max(4000),
    /** Objects under lock carry the attribute `i` of the file system. */
    isImmutable: z.boolean().default(false),
  }),
  z.object({
    kind: z.literal('s3'),
    /** Null = AWS itself. */
    endpoint: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .nullable()
      .default(null),
    region: z.string().trim().min(1).max(80).default('us-east-1'),
    bucket: z.string().trim().min(1).max(200),
    prefix: z
      .string()
      .trim()
      .max(500)
      .regex(/^$|^[^/].*[^/]$|^[^/]$/, 'no slash at either end')
      .default(''),
    objectLock: z.enum(['governance', 'compliance']).nullable().default(null),
    isPlainHttpAllowed: z.boolean().default(false),
  }),
  z.object({
    kind: z.literal('sftp'),
    host: z.string().trim().min(1).max(253),
    port: z.number().int().min(1).max(65_535).default(22),
    user: z.string().trim().min(1).max(80),
    path: z.string().trim().min(1).max(4000),
    /** `SHA256:…`; null as long as nobody has confirmed one. */
    hostKeyFingerprint: z
      .string()
      .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'SHA256:… as ssh-keygen -lf prints it')
      .nullable()
      .default(null),
  }),
])
export type ReplicaTarget = z.infer<typeof ReplicaTargetSchema>

const secret = z.string().min(1).max(20_000)

/** What opens a target. Goes in and never comes out. */
export const ReplicaSecretsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('s3'), accessKeyId: secret, secretAccessKey: secret, sessionToken: secret.optional() }),
  z.object({ kind: z.literal('password'), password: secret }),
  z.object({ kind: z.literal('private-key'), privateKey: secret, passphrase: secret.optional() }),
])
export type ReplicaSecrets = z.infer<typeof ReplicaSecretsSchema>

const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 22:00 is expected')
const rate = z.number().int().min(1000).nullable()

/** What the provider charges, as the user entered it; Orchive knows no prices. */
export const PricesSchema = z.object({
  currency: z.string().trim().min(1).max(10),
  perGigabyteMonth: z.number().min(0),
  perThousandPuts: z.number().min(0),
  perThousandGets: z.number().min(0),
  perGigabyteOut: z.number().min(0),
})
export type Prices = z.infer<typeof PricesSchema>

/** How a replica is kept. */
export const ReplicaOptionsSchema = z.object({
  /** After every backup of the workspace. */
  afterBackup: z.boolean().default(true),
  /** A cron expression in the workspace's zone; null = not by the clock. */
  schedule: z.string().trim().min(1).max(100).nullable().default(null),
  isPaused: z.boolean().default(false),
  /** What the copy keeps; null = as the workspace does, fields of null as its policy has them. */
  policy: PolicyChangeSchema.nullable().default(null),
  /** Everything an archive needs stays undeletable for so long after each sync; null = no locks. */
  lockDays: z.number().int().min(1).max(36_500).nullable().default(null),
  /** So much of the copy is read back with each sync, the longest unchecked first, in percent of its bytes. */
  recheckPercent: z.number().min(0).max(100).default(2),
  /** Null = as fast as it goes. */
  bytesPerSecond: rate.default(null),
  /** Local hours with another speed; null in them = as fast as it goes. */
  hours: z
    .array(z.object({ from: Clock, to: Clock, bytesPerSecond: rate }))
    .max(10)
    .default([]),
  /** An archive that is not copied after so long raises an alarm. */
  lagHours: z.number().int().min(1).max(8760).default(26),
  prices: PricesSchema.nullable().default(null),
})
export type ReplicaOptions = z.infer<typeof ReplicaOptionsSchema>

/** Adds a replica. */
export const AddReplicaInput = ReplicaOptionsSchema.extend({
  workspace: WorkspaceIdSchema,
  name,
  target: ReplicaTargetSchema,
  secrets: ReplicaSecretsSchema.default({ kind: 'none' }),
  /** Added without trying the place: it cannot be reached yet. */
  isUntried: z.boolean().default(false),
})
export type AddReplicaInput = z.output<typeof AddReplicaInput>

const optional = <T extends z.ZodType>(schema: T) => z.optional(schema)
const shape = ReplicaOptionsSchema.shape

/** Changes a replica; what is left out stays. */
export const ChangeReplicaInput = z.object({
  replica: ReplicaIdSchema,
  name: optional(name),
  target: optional(ReplicaTargetSchema),
  /** Left out = they stay, as long as they go where they went. */
  secrets: optional(ReplicaSecretsSchema),
  afterBackup: optional(z.boolean()),
  schedule: optional(shape.schedule.unwrap()),
  isPaused: optional(z.boolean()),
  policy: optional(PolicyChangeSchema.nullable()),
  lockDays: optional(shape.lockDays.unwrap()),
  recheckPercent: optional(shape.recheckPercent.unwrap()),
  bytesPerSecond: optional(rate),
  hours: optional(shape.hours.unwrap()),
  lagHours: optional(shape.lagHours.unwrap()),
  prices: optional(PricesSchema.nullable()),
  /** Another place, or other keys, are taken without a try: it cannot be reached yet. */
  isUntried: z.boolean().default(false),
})
export type ChangeReplicaInput = z.output<typeof ChangeReplicaInput>

/** How far the copies are. */
export const ReplicaStateSchema = z.object({
  /** `new`: never synced. `behind`: an archive waits for longer than `lagHours`. `tampered` until somebody acknowledges it. */
  status: z.enum(['new', 'current', 'syncing', 'behind', 'failed', 'tampered', 'paused']),
  lastStartedAt: IsoTime.nullable(),
  lastSuccessAt: IsoTime.nullable(),
  lastJobId: JobIdSchema.nullable(),
  lastError: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  nextSyncAt: IsoTime.nullable(),
  /** Since when the oldest archive waits that is newer than all copied ones; null = none does. */
  behindSince: IsoTime.nullable(),
  /** Archives of the workspace that are whole on the copy, and those that are to get there. */
  archivesCopied: z.number().int(),
  archivesWaiting: z.number().int(),
  /** Listed there with something missing that neither side has. */
  archivesIncomplete: z.number().int(),
  newestCopiedAt: IsoTime.nullable(),
  /** Until when the newest copied archive cannot be deleted; null = it can. */
  lockedUntil: IsoTime.nullable(),
  objects: z.number().int().nullable(),
  bytes: Bytes.nullable(),
  /** Of the last sync. */
  bytesPut: Bytes.nullable(),
  checkedBytes: Bytes.nullable(),
  /** When the object was checked that was checked longest ago; null = some were never. */
  oldestCheckAt: IsoTime.nullable(),
  tamperedAt: IsoTime.nullable(),
  tampering: z.string().nullable(),
  findings: z.array(FindingSchema),
})
export type ReplicaState = z.infer<typeof ReplicaStateSchema>

export const ReplicaSchema = ReplicaOptionsSchema.extend({
  id: ReplicaIdSchema,
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  name: z.string(),
  target: ReplicaTargetSchema,
  /** In a line. */
  place: z.string(),
  hasSecrets: z.boolean(),
  /** Another machine keeps it, as far as its kind says. */
  isOffHost: z.boolean(),
  /** The repository is not sealed: who can read the place can read everything in it. */
  isReadableThere: z.boolean(),
  /** What the copy keeps, in effect. */
  keeps: RetentionPolicySchema,
  state: ReplicaStateSchema,
})
export type Replica = z.infer<typeof ReplicaSchema>

/** Whether copies are safe from one fire: three copies, two media, one off the host. */
export const ThreeTwoOneSchema = z.object({
  copies: z.number().int(),
  media: z.number().int(),
  offHost: z.number().int(),
  locked: z.number().int(),
  isReached: z.boolean(),
  /** What is missing, in a sentence; null = nothing. */
  missing: z.string().nullable(),
})
export type ThreeTwoOne = z.infer<typeof ThreeTwoOneSchema>

export const ReplicasSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  repositoryPath: z.string(),
  isSealed: z.boolean(),
  threeTwoOne: ThreeTwoOneSchema,
  replicas: z.array(ReplicaSchema),
})
export type Replicas = z.infer<typeof ReplicasSchema>

/** One step of trying a place. */
export const TargetStepSchema = z.object({
  step: z.string(),
  durationMs: z.number(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
})
export type TargetStep = z.infer<typeof TargetStepSchema>

/** Tries a place before it is saved, or as it is saved. */
export const TestReplicaInput = z.object({
  workspace: WorkspaceIdSchema,
  /** Takes target and secrets that are left out from this one. */
  replica: ReplicaIdSchema.optional(),
  target: ReplicaTargetSchema.optional(),
  secrets: ReplicaSecretsSchema.optional(),
})
export type TestReplicaInput = z.output<typeof TestReplicaInput>

export const ReplicaTestSchema = z.object({
  place: z.string(),
  isUsable: z.boolean(),
  steps: z.array(TargetStepSchema),
  /** The key that the server showed and nobody confirmed yet; null = there is none to confirm. */
  hostKeyFingerprint: z.string().nullable(),
  capabilities: z
    .object({
      putIfAbsent: z.enum(['atomic', 'checked']).nullable(),
      versioning: z.enum(['on', 'suspended', 'off']).nullable(),
      objectLock: z
        .object({ isOn: z.boolean(), defaultMode: z.enum(['governance', 'compliance']).nullable(), defaultDays: z.number().nullable() })
        .nullable(),
      canDelete: z.boolean().nullable(),
      clockAheadMs: z.number().nullable(),
      freeBytes: z.number().nullable(),
    })
    .nullable(),
  /** What stands there: nothing, this repository, or something that refuses it. */
  holds: z.enum(['nothing', 'this-repository', 'another', 'unknown']),
  warnings: z.array(z.string()),
})
export type ReplicaTest = z.infer<typeof ReplicaTestSchema>

/** What the next sync would transfer, and what it costs by the prices that were entered. */
export const ReplicaEstimateSchema = z.object({
  replica: z.string(),
  archives: z.number().int(),
  objects: z.number().int(),
  bytes: Bytes,
  requests: z.object({ puts: z.number().int(), gets: z.number().int(), lists: z.number().int() }),
  /** Null = no prices were entered. */
  cost: z.object({ currency: z.string(), once: z.number(), perMonth: z.number() }).nullable(),
})
export type ReplicaEstimate = z.infer<typeof ReplicaEstimateSchema>

/** One copy of an archive. */
export const ArchiveCopySchema = z.object({
  replicaId: ReplicaIdSchema,
  replica: z.string(),
  place: z.string(),
  state: z.enum(['copied', 'waiting', 'incomplete', 'not-kept']),
  lockedUntil: IsoTime.nullable(),
})
export type ArchiveCopy = z.infer<typeof ArchiveCopySchema>

export const ArchiveCopiesSchema = z.object({
  archiveId: ArchiveIdSchema,
  copies: z.array(ArchiveCopySchema),
})

/** Starts a sync; `check` = how much of the copy is read back with it. */
export const StartSyncInput = z.object({ replica: ReplicaIdSchema, check: z.enum(['some', 'all']).default('some') })
export type StartSyncInput = z.output<typeof StartSyncInput>

/** Ends the alarm of a replica. */
export const AcknowledgeReplicaInput = z.object({ replica: ReplicaIdSchema, reason: z.string().trim().min(1).max(500) })

/** What a sync did. */
export interface SyncReport {
  replica: string
  replicaId: ReplicaId
  place: string
  archivesCopied: number
  objectsPut: number
  bytesPut: number
  objectsThere: number
  bytesThere: number
  forgotten: string[]
  freedBytes: number
  lockedBytes: number
  checkedObjects: number
  checkedBytes: number
  damaged: string[]
  healed: string[]
  vanished: string[]
  locksExtended: number
  archivesIncomplete: number
  archivesWaiting: number
  durationMs: number
}
