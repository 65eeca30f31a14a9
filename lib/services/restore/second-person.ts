/**
 * Whether somebody alone may replace items of a workspace. Off unless chosen; where it is on, a restore in place, the runbook for a corrupt state and
 * an undo over what changed since need another person, or a reason why they could not wait: that is break-glass, and is written to the audit log.
 */
import { needsSecondToRestore, putSecondToRestore } from '#db/console/tables/restore-approvals.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { RestoreRules } from '#lib/contracts/restore-approval.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'

/** Who has to agree before items of a workspace are replaced. */
export function showRestoreRules(ctx: ServiceContext, workspaceId: WorkspaceId): RestoreRules {
  requireRight(ctx, 'list')
  requireWorkspace(ctx.consoleDb, workspaceId)
  return { workspaceId, secondPerson: needsSecondToRestore(ctx.consoleDb, workspaceId) }
}

/** Says who has to agree from now on. */
export function setRestoreRules(ctx: ServiceContext, { workspaceId, secondPerson }: RestoreRules): RestoreRules {
  requireRight(ctx, 'settings')
  requireWorkspace(ctx.consoleDb, workspaceId)
  putSecondToRestore(ctx.consoleDb, workspaceId, secondPerson, new Date(ctx.clock.nowMs()).toISOString())
  record(ctx, 'restore.rules', { kind: 'workspace', id: workspaceId, workspaceId }, { secondPerson })
  return showRestoreRules(ctx, workspaceId)
}

/** What is about to be replaced by one person, for the audit log. */
export interface Replacing {
  workspace: { id: WorkspaceId; name: string }
  /** `restore`, `undo` or `recover`. */
  what: string
  detail: Record<string, unknown>
}

/** Throws `not_permitted` where a second person is asked for and no reason is given; with one, notes the break-glass. */
export function assertMayReplaceAlone(ctx: ServiceContext, replacing: Replacing, breakGlass: string | undefined): void {
  const { workspace } = replacing
  if (!needsSecondToRestore(ctx.consoleDb, workspace.id)) return
  requireRight(ctx, 'restore')
  const reason = breakGlass?.trim() ?? ''
  if (reason === '') {
    throw new AppError('not_permitted', {
      message: `${workspace.name} asks for a second person before its items are replaced.`,
      hint: 'Ask a lead to approve the plan. In an emergency do it as break-glass, with a reason; that is written to the audit log.',
    })
  }
  noteAlone(ctx, replacing, reason)
}

/** At the shell of the host nobody is asked, since the files lie there; where a second person would have been, both logs say so. */
export function tellAlone(ctx: ServiceContext, reporter: JobReporter, replacing: Replacing): void {
  const { name, id } = replacing.workspace
  if (!needsSecondToRestore(ctx.consoleDb, id)) return
  noteAlone(ctx, replacing, 'At the shell of the host.')
  reporter.log('warning', `${name} asks for a second person. At the shell of the host nobody is asked, and the audit log says so.`)
}

function noteAlone(ctx: ServiceContext, { workspace, what, detail }: Replacing, reason: string): void {
  record(ctx, 'restore.break-glass', { kind: 'workspace', id: workspace.id, workspaceId: workspace.id }, { what, reason, ...detail })
}
