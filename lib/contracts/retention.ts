import { z } from 'zod'
import { ArchiveKindSchema } from './archive.ts'
import { ArchiveIdSchema, Bytes, GradeSchema, IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'

const count = (most: number) => z.coerce.number<number>().int().min(0).max(most)

/** What a workspace keeps. Windows reach back from the newest archive; 0 = no such rule. */
export const RetentionPolicySchema = z.object({
  keepLast: count(10_000),
  dailyDays: count(36_500),
  weeklyWeeks: count(5_200),
  monthlyMonths: count(1_200),
  yearlyYears: count(100),
  /** Days of safety archives, parts and released offload archives, which stand outside the windows. */
  otherDays: count(36_500),
  keepKinds: z.array(ArchiveKindSchema).max(5),
  /** Archives whose note holds one of these words never go. */
  keepNotes: z.array(z.string().trim().min(1).max(100)).max(20),
  /** By whose days and weeks; null = the workspace's own zone. */
  timeZone: z.string().min(1).max(80).nullable(),
})
export type RetentionPolicy = z.infer<typeof RetentionPolicySchema>
export type PolicyField = keyof RetentionPolicy
export const POLICY_FIELDS = Object.keys(RetentionPolicySchema.shape) as PolicyField[]

/** A change of a policy: what is left out stays, null = as the default has it. */
export const PolicyChangeSchema = z.object({
  keepLast: RetentionPolicySchema.shape.keepLast.nullable().optional(),
  dailyDays: RetentionPolicySchema.shape.dailyDays.nullable().optional(),
  weeklyWeeks: RetentionPolicySchema.shape.weeklyWeeks.nullable().optional(),
  monthlyMonths: RetentionPolicySchema.shape.monthlyMonths.nullable().optional(),
  yearlyYears: RetentionPolicySchema.shape.yearlyYears.nullable().optional(),
  otherDays: RetentionPolicySchema.shape.otherDays.nullable().optional(),
  keepKinds: RetentionPolicySchema.shape.keepKinds.nullable().optional(),
  keepNotes: RetentionPolicySchema.shape.keepNotes.nullable().optional(),
  timeZone: RetentionPolicySchema.shape.timeZone.optional(),
})
export type PolicyChange = z.infer<typeof PolicyChangeSchema>

/** A draft of a policy in an address: numbers that differ from what is stored. */
export const DraftSchema = z.object({
  keepLast: RetentionPolicySchema.shape.keepLast.optional(),
  dailyDays: RetentionPolicySchema.shape.dailyDays.optional(),
  weeklyWeeks: RetentionPolicySchema.shape.weeklyWeeks.optional(),
  monthlyMonths: RetentionPolicySchema.shape.monthlyMonths.optional(),
  yearlyYears: RetentionPolicySchema.shape.yearlyYears.optional(),
  otherDays: RetentionPolicySchema.shape.otherDays.optional(),
})
export type PolicyDraft = z.infer<typeof DraftSchema>

/** Who has to agree, and when proposals are raised. */
export const RetentionSettingsSchema = z.object({
  /** Somebody other than who proposed it has to approve. */
  secondPerson: z.boolean(),
  /** A proposal that nobody decided on ends after so long. */
  expiryHours: z.number().int().min(1).max(720),
  /** Cron expression in the workspace's zone; null = proposals are raised by hand. */
  schedule: z.string().trim().min(1).max(100).nullable(),
})
export type RetentionSettings = z.infer<typeof RetentionSettingsSchema>

export const RetentionRulesSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  /** What holds: the default with what the workspace has otherwise. */
  policy: RetentionPolicySchema,
  /** What all workspaces inherit. */
  defaultPolicy: RetentionPolicySchema,
  /** Fields that this workspace has of its own. */
  own: z.array(z.string()),
  /** The policy's zone as it counts. */
  timeZone: z.string(),
  settings: RetentionSettingsSchema,
  nextProposalAt: IsoTime.nullable(),
  /** How long what was forgotten can be brought back. */
  trashDays: z.number().int(),
})
export type RetentionRules = z.infer<typeof RetentionRulesSchema>

/** What workspaces inherit, and which of them have something else. */
export const RetentionDefaultSchema = z.object({
  policy: RetentionPolicySchema,
  /** As the program has it: what a field goes back to. */
  programPolicy: RetentionPolicySchema,
  workspaces: z.array(
    z.object({ workspaceId: WorkspaceIdSchema, workspace: z.string(), policy: RetentionPolicySchema, own: z.array(z.string()) }),
  ),
})
export type RetentionDefault = z.infer<typeof RetentionDefaultSchema>
export const SetRetentionDefaultInput = z.object({ policy: PolicyChangeSchema })

export const SlotSchema = z.enum(['last', 'daily', 'weekly', 'monthly', 'yearly'])
export const VetoSchema = z.enum(['held', 'known-good', 'drilled', 'newest', 'suspect', 'safety', 'offload', 'ahead'])

export const PlannedArchiveSchema = z.object({
  archiveId: ArchiveIdSchema,
  createdAt: IsoTime,
  kind: ArchiveKindSchema,
  keep: z.boolean(),
  /** Why it stays, or why it goes; never empty. */
  reasons: z.array(z.string()),
  /** Windows that keep it. */
  slots: z.array(SlotSchema),
  /** What keeps it whatever the policy. */
  vetoes: z.array(VetoSchema),
  grade: GradeSchema.nullable(),
  gradedAt: IsoTime.nullable(),
  held: z.boolean(),
  contentBytes: Bytes,
  note: z.string().nullable(),
})
export type PlannedArchive = z.infer<typeof PlannedArchiveSchema>

/** Versions of files that no archive which stays holds. */
export const LostVersionsSchema = z.object({
  versions: z.number().int(),
  bytes: Bytes,
  /** Files of which no version at all stays. */
  files: z.number().int(),
  /** By the archive that goes: how many, by top-level name of the archive (`logs`, the state file's name). */
  byArchive: z.array(
    z.object({
      archiveId: ArchiveIdSchema,
      versions: z.number().int(),
      bytes: Bytes,
      names: z.array(z.object({ name: z.string(), versions: z.number().int() })),
    }),
  ),
  /** The first 200, files without any other version before the others, larger ones first. */
  listed: z.array(z.object({ path: z.string(), archiveId: ArchiveIdSchema, sizeBytes: Bytes, isWholeFile: z.boolean() })),
})
export type LostVersions = z.infer<typeof LostVersionsSchema>

export const RestSchema = z.object({
  code: z.enum(['suspect-newest', 'clock-suspect']),
  archiveId: ArchiveIdSchema,
  message: z.string(),
})

/** A plan: the same in console, API and command line. */
export const RetentionPlanSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  policy: RetentionPolicySchema,
  timeZone: z.string(),
  plannedAt: IsoTime,
  /** Newest first. */
  archives: z.array(PlannedArchiveSchema),
  anchorId: ArchiveIdSchema.nullable(),
  /** Why nothing goes at all; empty = retention works. */
  rests: z.array(RestSchema),
  keepCount: z.number().int(),
  forgetCount: z.number().int(),
  /** More than half of the workspace would go: its name has to be typed. */
  needsConfirmation: z.boolean(),
  digest: z.string(),
  /** Stored bytes that only archives which go refer to; null = not measured. */
  reclaimBytes: Bytes.nullable(),
  /** Stored bytes that the archives of the repository refer to now; null = not measured. */
  referencedBytes: Bytes.nullable(),
  /** Null = not looked for. */
  lost: LostVersionsSchema.nullable(),
})
export type RetentionPlan = z.infer<typeof RetentionPlanSchema>

/** How many archives there would be, week by week over the next year, with a backup a day. */
export const ForwardSchema = z.array(z.object({ at: IsoTime, archives: z.number().int(), forgotten: z.number().int(), oldestAt: IsoTime }))
export type Forward = z.infer<typeof ForwardSchema>

export const SimulationSchema = z.object({ plan: RetentionPlanSchema, forward: ForwardSchema })
export type Simulation = z.infer<typeof SimulationSchema>

export const ProposalIdSchema = z.string().regex(/^P-\d{4,}$/)
export const ProposalStatusSchema = z.enum(['open', 'approved', 'applied', 'rejected', 'expired', 'void', 'failed'])
export type ProposalStatus = z.infer<typeof ProposalStatusSchema>

export const ProposalSummarySchema = z.object({
  /** `P-0041`. */
  id: ProposalIdSchema,
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  status: ProposalStatusSchema,
  digest: z.string(),
  forgetCount: z.number().int(),
  note: z.string().nullable(),
  proposedAt: IsoTime,
  proposedBy: z.string(),
  expiresAt: IsoTime,
  decidedAt: IsoTime.nullable(),
  decidedBy: z.string().nullable(),
  /** What was said with the decision. */
  decision: z.string().nullable(),
  /** Decided without the second person that the workspace asks for. */
  breakGlass: z.boolean(),
  endedAt: IsoTime.nullable(),
  /** Why it is void, expired or failed. */
  endReason: z.string().nullable(),
  jobId: JobIdSchema.nullable(),
})
export type ProposalSummary = z.infer<typeof ProposalSummarySchema>

export const ProposalSchema = ProposalSummarySchema.extend({
  /** As it was proposed; never changed. */
  plan: RetentionPlanSchema,
  /** The policy that held then. The one of the plan holds once it was applied. */
  basePolicy: RetentionPolicySchema,
  secondPerson: z.boolean(),
  /** What whoever asks may do, and if not, why. */
  may: z.object({
    approve: z.boolean(),
    /** Only as break-glass. */
    breakGlass: z.boolean(),
    reject: z.boolean(),
    why: z.string().nullable(),
  }),
})
export type Proposal = z.infer<typeof ProposalSchema>

const reason = z.string().trim().max(500)
export const ProposeInput = z.object({
  workspaceId: WorkspaceIdSchema,
  draft: DraftSchema.default({}),
  note: reason.optional(),
  /** The digest that was looked at; another plan is refused. */
  digest: z.string().max(100).optional(),
})
export type ProposeInput = z.output<typeof ProposeInput>
export const ApproveInput = z.object({
  proposal: ProposalIdSchema,
  digest: z.string().min(1).max(100),
  reason: reason.optional(),
  /** The workspace's name, where more than half of it goes. */
  confirmName: z.string().max(200).optional(),
  /** Without a second person; needs a reason. */
  breakGlass: z.boolean().optional(),
})
export type ApproveInput = z.output<typeof ApproveInput>
export const RejectInput = z.object({ proposal: ProposalIdSchema, reason: reason.min(1) })
export type RejectInput = z.output<typeof RejectInput>

/** What applying a proposal did. */
export const ApplyResultSchema = z.object({
  proposal: ProposalIdSchema,
  digest: z.string(),
  reclaimBytes: Bytes.nullable(),
  forgotten: z.array(ArchiveIdSchema),
  /** The proposal's policy holds from now on. */
  policyChanged: z.boolean(),
})
export type ApplyResult = z.infer<typeof ApplyResultSchema>
