/**
 * Who asks, as far as one request goes: services judge a role, and this is where the role becomes that of the workspaces which the request is about. They
 * are found by every id in it, wherever it stands, and by a name under `workspace`, so no service and no new endpoint can forget to look.
 */
import { findArchive } from '#db/catalog/queries/find-archive.ts'
import { getJob } from '#db/console/tables/jobs.ts'
import { findProposalWorkspace } from '#db/console/tables/proposals.ts'
import { findReplica } from '#db/console/tables/replicas.ts'
import { findRestoreApprovalWorkspace } from '#db/console/tables/restore-approvals.ts'
import { findWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { type Role, weakestOf } from '#lib/contracts/rights.ts'
import { maySee, roleIn } from '../authorise.ts'
import type { Actor, ServiceContext } from '../context.ts'

const ID = /^((ws|arc|job|rep)_[0-9a-f]+|[PR]-\d+)$/

/** The actor with the role that counts for this parsed input: the weakest in the workspaces it names. Throws `not_permitted` when one of them is none of theirs. */
export function actorAbout(ctx: ServiceContext, input: unknown): Actor {
  const { actor } = ctx
  if (!actor.standing) return actor
  const workspaces = [...new Set([...idsIn(ctx, input)].map((id) => workspaceOf(ctx, id)))].filter((id) => id !== null)
  if (workspaces.length === 0) {
    return maySee(ctx, null) ? actor : { ...actor, role: weakestOf([actor.role, 'viewer']) }
  }
  return { ...actor, role: weakestOf(workspaces.map((id) => requireRole(actor, id))) }
}

function requireRole(actor: Actor, workspaceId: WorkspaceId): Role {
  const role = roleIn(actor, workspaceId)
  if (role !== null) return role
  throw new AppError('not_permitted', {
    message: `${actor.name} has no role in the workspace ${workspaceId}.`,
    hint: 'Ask an admin for one.',
  })
}

function* idsIn(ctx: ServiceContext, value: unknown): Generator<string> {
  if (typeof value === 'string') {
    if (ID.test(value)) yield value
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      yield* idsIn(ctx, part)
      // The one place where a workspace may be named as people call it.
      const named = key === 'workspace' && typeof part === 'string' && !ID.test(part) ? findWorkspace(ctx.consoleDb, part) : null
      if (named) yield named.id
    }
  }
}

/** Null for what nobody knows, which the service says better, and for what belongs to the host. */
function workspaceOf(ctx: ServiceContext, id: string): WorkspaceId | null {
  if (id.startsWith('ws_')) return id as WorkspaceId
  if (id.startsWith('job_')) return (getJob(ctx.consoleDb, id)?.workspaceId as WorkspaceId | undefined) ?? null
  if (id.startsWith('rep_')) return findReplica(ctx.consoleDb, id)?.workspaceId ?? null
  if (id.startsWith('P-')) return findProposalWorkspace(ctx.consoleDb, id)
  if (id.startsWith('R-')) return findRestoreApprovalWorkspace(ctx.consoleDb, id)
  try {
    return findArchive(ctx.catalogDb(), id)?.workspaceId ?? null
  } catch (error) {
    if (isAppError(error) && error.code === 'catalog_missing') return null
    throw error
  }
}
