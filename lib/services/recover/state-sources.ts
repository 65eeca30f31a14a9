import { listVersions } from '#db/catalog/queries/history.ts'
import { listArchives } from '#db/catalog/queries/list-archives.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import type { StateCandidate } from '#lib/contracts/recover.ts'
import type { ServiceContext } from '../context.ts'

/** Distinct states that are offered. */
const MOST_CANDIDATES = 30
/** Archives that are looked through for them. */
const MOST_ARCHIVES = 500
const KNOWN_GOOD = 3

/** The distinct states that archives hold, newest first, each by the best archive that has it. */
export function stateCandidates(ctx: ServiceContext, workspace: WorkspaceRecord, path: string): StateCandidate[] {
  const byId = new Map(newestArchives(ctx, workspace).map((archive) => [archive.id as string, archive]))
  const candidates: StateCandidate[] = []
  for (const version of versionsOf(ctx, workspace, path)) {
    if (version.type !== 'file') continue
    const holders = version.archives.flatMap(({ id }) => byId.get(id) ?? [])
    const best = holders.find(isKnownGood) ?? holders.find(({ suspect }) => !suspect) ?? holders[0]
    if (best) candidates.push(candidateOf(best, version.sizeBytes))
    if (candidates.length === MOST_CANDIDATES) break
  }
  return candidates
}

/** The newest one that is known good, else the newest that is not suspect. */
export function bestCandidate(candidates: readonly StateCandidate[]): StateCandidate | null {
  return candidates.find((one) => one.isKnownGood) ?? candidates.find(({ isSuspect }) => !isSuspect) ?? null
}

function newestArchives(ctx: ServiceContext, workspace: WorkspaceRecord): ArchiveSummary[] {
  const kinds = ['backup', 'import', 'safety'] as const
  return listArchives(ctx.catalogDb(), { workspaceId: workspace.id, kinds, limit: MOST_ARCHIVES }, ctx.clock.nowMs()).rows
}

function versionsOf(ctx: ServiceContext, workspace: WorkspaceRecord, path: string) {
  try {
    return listVersions(ctx.catalogDb(), workspace.id, path)
  } catch (error) {
    if (isAppError(error) && error.code === 'path_unknown') return []
    throw error
  }
}

const isKnownGood = ({ grade, suspect }: ArchiveSummary) => grade !== null && grade >= KNOWN_GOOD && !suspect

function candidateOf(archive: ArchiveSummary, sizeBytes: number): StateCandidate {
  const { id: archiveId, createdAt, grade, gradedAt, suspect: isSuspect } = archive
  return { archiveId, createdAt, grade, gradedAt, isKnownGood: isKnownGood(archive), isSuspect, sizeBytes }
}
