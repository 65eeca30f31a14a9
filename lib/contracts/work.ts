/** What starts jobs and changes workspaces: the same for pages and for the API. */
import { z } from 'zod'
import { RestoreRequestSchema, VerifyLevelSchema } from './archive.ts'
import { ArchiveIdSchema, JobIdSchema, WorkspaceIdSchema } from './common.ts'
import { OffloadPolicySchema } from './disk.ts'
import { absolutePath, HostRequestSchema } from './host.ts'
import { PathMapSchema } from './path-map.ts'
import { SalvageModeSchema } from './recover.ts'
import { ExtraItemSchema } from './workspace.ts'

/** A job that was started, or that does it already. */
export const StartedSchema = z.object({ jobId: JobIdSchema })

/** The digest of a plan that was reviewed. */
const digest = z.string().min(1).max(200)
/** The workspace's name, typed by whoever means it. */
const confirmName = z.string().max(200)

export const StartBackupInput = z.object({ workspaceId: WorkspaceIdSchema, note: z.string().trim().max(500).optional() })
/** A tar file on the host, or a folder of them; what says nothing of itself is adopted into the workspace. */
export const StartImportInput = z.object({ workspaceId: WorkspaceIdSchema, path: absolutePath })
export const StartVerifyInput = z.object({ archiveId: ArchiveIdSchema, level: VerifyLevelSchema })
/** Why it cannot wait for the second person that the workspace asks for; written to the audit log. */
const breakGlass = z.string().trim().min(1).max(500).optional()
export const StartRestoreInput = z.object({ request: RestoreRequestSchema, digest, confirmName: confirmName.optional(), breakGlass })
export const StartUndoInput = z.object({
  jobId: JobIdSchema,
  force: z.boolean().optional(),
  confirmName: confirmName.optional(),
  breakGlass,
})
export const StartOffloadInput = z.object({ workspaceId: WorkspaceIdSchema, policy: OffloadPolicySchema, digest })
export const StartRecoverStateInput = z.object({
  workspaceId: WorkspaceIdSchema,
  archiveId: ArchiveIdSchema.nullable(),
  salvage: SalvageModeSchema,
  confirmName,
  breakGlass,
})
/** The recovery key of the repository that was made for backups, where the copy is encrypted; shown once, null = none was made. */
export const StartedHostSchema = StartedSchema.extend({ recoveryKey: z.string().nullable() })
export const StartRecoverHostInput = z.object({
  request: HostRequestSchema,
  workspaceId: WorkspaceIdSchema,
  archiveId: ArchiveIdSchema,
  confirmName,
})
export const CancelJobInput = z.object({ jobId: JobIdSchema })
export const ReleaseInput = z.object({ archiveId: ArchiveIdSchema })
export const AcceptInput = z.object({ archiveId: ArchiveIdSchema, reason: z.string().trim().min(1).max(500) })
export const UpdateWorkspaceInput = z.object({
  workspaceId: WorkspaceIdSchema,
  name: z.string().trim().min(1).max(80).optional(),
  schedule: z.string().trim().min(1).max(100).nullable().optional(),
  timeZone: z.string().min(1).max(80).optional(),
  maps: z.array(PathMapSchema).max(50).optional(),
  extraItems: z.array(ExtraItemSchema).max(50).optional(),
})
export const RemoveWorkspaceInput = z.object({ workspaceId: WorkspaceIdSchema })
