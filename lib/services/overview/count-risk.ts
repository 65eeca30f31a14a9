import { join } from 'node:path'
import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import type { Risk } from '#lib/contracts/overview.ts'
import { countChanges } from '#lib/engine/compare/stat-changes.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { lookAtState, stateItemOf } from '../recover/look-at-state.ts'
import { withRepository } from '../repository/open-repository.ts'
import { runStateOf } from '../schedule/overdue.ts'
import { watchedSince } from '../watch/watched-since.ts'
import { resolveNow } from '../workspaces/resolve.ts'

/** So many bars say when the changes were written. */
const PARTS = 24

/** What would be lost if the workspace were gone now: changes on disk since its newest archive, by stat. Walks; for job processes. */
export function countRisk(ctx: ServiceContext, workspace: WorkspaceRecord): Promise<Risk> {
  requireRight(ctx, 'list')
  const { newest } = getWorkspaceFacts(ctx.catalogDb(), workspace.id, ctx.clock.nowMs())
  return withRepository(ctx, workspace.repositoryPath, async (repository) => {
    const resolution = await resolveNow(ctx, workspace)
    const toMs = ctx.clock.nowMs()
    const span = newest ? { fromMs: Date.parse(newest.createdAt), toMs, parts: PARTS } : undefined
    const { items, problems, written } = await countChanges({
      repository,
      prior: newest ? await repository.readManifest(newest.id) : null,
      items: resolution.items,
      statCachePath: join(ctx.paths.statCache, `${workspace.id}.bin`),
      span,
    })
    const stateItem = stateItemOf(resolution)
    const state = stateItem && (await lookAtState(ctx, repository, workspace, stateItem))
    return {
      readAt: new Date(ctx.clock.realNowMs()).toISOString(),
      overdueSince: runStateOf(ctx, workspace).overdueSince,
      sinceArchiveId: newest?.id ?? null,
      items,
      written: span ? { from: new Date(span.fromMs).toISOString(), to: new Date(toMs).toISOString(), files: written } : null,
      problems,
      state: state && {
        verdict: state.verdict,
        findings: state.findings,
        ...watchedSince(ctx, workspace.id, stateItem.key, state.verdict),
      },
    }
  })
}
