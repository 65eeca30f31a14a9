/** Restores in place that wait for a second person, where a workspace asks for one. */
import { z } from 'zod'
import { RestoreRequestSchema } from './archive.ts'
import { IsoTime, JobIdSchema, WorkspaceIdSchema } from './common.ts'

export const RestoreApprovalIdSchema = z.string().regex(/^R-\d{4,}$/)
export const RestoreApprovalStatusSchema = z.enum(['open', 'started', 'rejected', 'expired', 'void'])
export type RestoreApprovalStatus = z.infer<typeof RestoreApprovalStatusSchema>

export const RestoreApprovalSummarySchema = z.object({
  /** `R-0007`. */
  id: RestoreApprovalIdSchema,
  workspaceId: WorkspaceIdSchema,
  workspace: z.string(),
  status: RestoreApprovalStatusSchema,
  request: RestoreRequestSchema,
  /** Of the plan that was reviewed by who asked: exactly that one is carried out, or nothing. */
  digest: z.string(),
  note: z.string().nullable(),
  askedAt: IsoTime,
  askedBy: z.string(),
  expiresAt: IsoTime,
  decidedAt: IsoTime.nullable(),
  decidedBy: z.string().nullable(),
  /** What was said with the decision. */
  decision: z.string().nullable(),
  /** Why it expired or is void. */
  endReason: z.string().nullable(),
  jobId: JobIdSchema.nullable(),
})
export type RestoreApprovalSummary = z.infer<typeof RestoreApprovalSummarySchema>

export const RestoreApprovalSchema = RestoreApprovalSummarySchema.extend({
  /** What whoever asks may do about it, and if not approve, why. */
  may: z.object({ approve: z.boolean(), reject: z.boolean(), why: z.string().nullable() }),
})
export type RestoreApproval = z.infer<typeof RestoreApprovalSchema>

/** Who has to agree before items of a workspace are replaced. */
export const RestoreRulesSchema = z.object({
  workspaceId: WorkspaceIdSchema,
  /** Somebody other than who reviewed the plan has to approve it. */
  secondPerson: z.boolean(),
})
export type RestoreRules = z.infer<typeof RestoreRulesSchema>

const text = z.string().trim().max(500)
export const SetRestoreRulesInput = z.object({ workspaceId: WorkspaceIdSchema, secondPerson: z.boolean() })
export const AskRestoreApprovalInput = z.object({
  request: RestoreRequestSchema,
  digest: z.string().min(1).max(200),
  note: text.optional(),
})
export type AskRestoreApprovalInput = z.output<typeof AskRestoreApprovalInput>
export const ApproveRestoreInput = z.object({
  approval: RestoreApprovalIdSchema,
  digest: z.string().min(1).max(200),
  /** The workspace's name, typed by whoever approves. */
  confirmName: z.string().max(200),
  reason: text.optional(),
})
export type ApproveRestoreInput = z.output<typeof ApproveRestoreInput>
export const RejectRestoreInput = z.object({ approval: RestoreApprovalIdSchema, reason: text.min(1) })
export type RejectRestoreInput = z.output<typeof RejectRestoreInput>
