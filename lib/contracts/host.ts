import { z } from 'zod'
import { RestorePlanSchema } from './archive.ts'
import { ArchiveIdSchema, FindingSchema, GradeSchema, IsoTime } from './common.ts'
import { RunbookStepSchema } from './recover.ts'

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
  maps: z.array(z.object({ from: z.string(), to: z.string() })),
  /** Null in a dry run before the config is in place, where the items cannot be planned yet. */
  restore: RestorePlanSchema.nullable(),
  problems: z.array(FindingSchema),
  steps: z.array(RunbookStepSchema),
})
export type HostPlan = z.infer<typeof HostPlanSchema>
