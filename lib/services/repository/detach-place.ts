import { existsSync } from 'node:fs'
import { countArchivesAt } from '#db/catalog/queries/archives-at.ts'
import { AppError } from '#lib/base/errors.ts'
import type { RepositoryId } from '#lib/base/ids.ts'
import type { AttachedPlace } from '#lib/contracts/repository-keys.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { type RebuildAsJobInput, rebuildWithin } from '../catalog/rebuild-as-job.ts'
import type { ServiceContext } from '../context.ts'
import { type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { attachedPlaces, forgetPlace, type KnownPlace, knownPlaces } from './attached-places.ts'
import { forgetHostKey } from './host-keys.ts'
import { isRepository, knownRepositories } from './known-repositories.ts'
import { repositoryIdAt } from './repository-id.ts'

/** What detaching a place did. */
export interface Detached {
  place: string
  /** In the catalog now; null = it was not made again, since nothing was taken in from that place. */
  archives: number | null
}

/** The places somewhere else that this home can read, by what they are called. */
export function listAttachedPlaces(ctx: ServiceContext): AttachedPlace[] {
  requireRight(ctx, 'settings')
  const hasCatalog = existsSync(ctx.paths.catalogDb)
  return knownPlaces(ctx).map(({ id, folder, place, isLookedAt }) => ({
    ...{ id, place, isLookedAt, repositoryId: repositoryIdAt(folder) },
    workspaces: isLookedAt || !hasCatalog ? [] : countArchivesAt(ctx.catalogDb(), folder),
  }))
}

/**
 * Forgets a place that this home reads, named by its id or as it is listed: what opens it, what was read from it, and the key of this host. Nothing there is
 * touched. Its archives go from the catalog; workspaces stay registered. As a job of this process.
 */
export function detachPlace(ctx: ServiceContext, named: string, input: RebuildAsJobInput): Promise<JobWork<Detached>> {
  requireRight(ctx, 'settings')
  const found = requireAttachedPlace(ctx, named)
  assertSomethingStays(ctx, found)
  const { id, folder, place, isLookedAt } = found
  const repositoryId = repositoryIdAt(folder)
  const job = { kind: 'rebuild' as const, title: `Detach ${place}`, workspace: null, input: { place: id } }
  return runAsJob(ctx, { ...job, ...input }, async (reporter): Promise<JobWork<Detached>> => {
    forgetPlace(folder)
    const isElsewhere = [...knownRepositories(ctx), ...knownPlaces(ctx).map((other) => other.folder)]
      .map(repositoryIdAt)
      .includes(repositoryId)
    if (repositoryId !== null && !isElsewhere) forgetHostKey(ctx, folder, repositoryId as RepositoryId)
    recordDone(ctx, reporter, 'repository.detach', { kind: 'repository', id: repositoryId }, { place, isLookedAt })
    if (isLookedAt) return { outcome: 'success', findings: [], result: { place, archives: null } }
    const { archives, findings } = await rebuildWithin(ctx, input.signal, reporter)
    const isWhole = findings.every(({ severity }) => severity === 'info')
    return { outcome: isWhole ? 'success' : 'warning', findings, result: { place, archives } }
  })
}

/** The place that is named; throws `repository_missing` where this home reads none of that name. */
export function requireAttachedPlace(ctx: ServiceContext, named: string): KnownPlace {
  const known = knownPlaces(ctx)
  const found = known.find(({ id, place }) => id === named || place === named)
  if (found) return found
  throw new AppError('repository_missing', {
    message: `${named} is no place that this home reads.`,
    hint: `It reads ${known.map(({ place, id }) => `${place} (${id})`).join(', ') || 'none'}.`,
  })
}

/** A catalog of nothing must not take the place of one. */
function assertSomethingStays(ctx: ServiceContext, { folder, place, isLookedAt }: KnownPlace): void {
  const others = attachedPlaces(ctx).filter((other) => other !== folder)
  if (isLookedAt || others.length > 0 || knownRepositories(ctx).some(isRepository)) return
  throw new AppError('invalid_input', {
    message: `${place} is all that this home can read: without it there would be no archive at all.`,
    hint: 'Take a backup into a repository of this host first, or attach another.',
  })
}
