import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { oldestWholeAfterMs } from '#db/catalog/queries/newest-whole.ts'
import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { countReplicaArchives, listCopies, listReplicas, type ReplicaRecord } from '#db/console/tables/replicas.ts'
import { requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { ArchiveCopy, Replica, ReplicaState, Replicas } from '#lib/contracts/replica.ts'
import { POLICY_FIELDS, type RetentionPolicy } from '#lib/contracts/retention.ts'
import { maySee, requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { isSealed } from '../repository/is-sealed.ts'
import { policyOf } from '../retention/rules.ts'
import { requireReplica, workspaceOfReplica } from './find-replica.ts'
import { nextSyncMs } from './next-sync.ts'
import { placeText } from './open-place.ts'
import { isOffHost, threeTwoOne } from './three-two-one.ts'

const HOUR_MS = 3_600_000

/** The replicas of a workspace, how far each is, and whether copies are safe from one fire. */
export function showReplicas(ctx: ServiceContext, input: { workspaceId: WorkspaceId }): Replicas {
  requireRight(ctx, 'list')
  const workspace = requireWorkspace(ctx.consoleDb, input.workspaceId)
  const replicas = listReplicas(ctx.consoleDb, workspace.id).map((record) => ({ record, shown: replicaOf(ctx, record, workspace) }))
  return {
    workspaceId: workspace.id,
    workspace: workspace.name,
    repositoryPath: workspace.repositoryPath,
    isSealed: isSealed(workspace.repositoryPath),
    threeTwoOne: threeTwoOne(
      workspace,
      replicas.map(({ record, shown: { state } }) => ({
        target: record.target,
        hasCopies: state.archivesCopied > 0,
        isLocked: state.lockedUntil !== null,
      })),
    ),
    replicas: replicas.map(({ shown }) => shown),
  }
}

/** One replica by id or name. */
export function showReplica(ctx: ServiceContext, input: { replica: string }): Replica {
  requireRight(ctx, 'list')
  const record = requireReplica(ctx, input.replica)
  return replicaOf(ctx, record, workspaceOfReplica(ctx, record))
}

/** Replicas of all workspaces that may be seen. */
export function listAllReplicas(ctx: ServiceContext): Replica[] {
  requireRight(ctx, 'list')
  return listReplicas(ctx.consoleDb, null)
    .filter(({ workspaceId }) => maySee(ctx, workspaceId))
    .map((record) => replicaOf(ctx, record, workspaceOfReplica(ctx, record)))
}

/** The copies of one archive: a line a replica of its workspace. What a replica has not heard of yet waits for its next sync. */
export function showArchiveCopies(ctx: ServiceContext, input: { archiveId: ArchiveId }): { archiveId: ArchiveId; copies: ArchiveCopy[] } {
  requireRight(ctx, 'list')
  const { archiveId } = input
  const known = listCopies(ctx.consoleDb, [archiveId])
  const { workspaceId } = requireArchive(ctx.catalogDb(), archiveId)
  const copies = listReplicas(ctx.consoleDb, workspaceId).map(({ id, name, target }): ArchiveCopy => {
    const copy = known.find(({ replicaId }) => replicaId === id)
    const { state, lockedUntil } = copy ?? { state: 'waiting' as const, lockedUntil: null }
    return { replicaId: id, replica: name, place: placeText(target), state, lockedUntil: stillAhead(ctx, lockedUntil) }
  })
  return { archiveId, copies }
}

/** What a replica keeps: the workspace's policy, with what is the replica's own laid over it. */
export function policyOfReplica(ctx: ServiceContext, { workspaceId, options }: ReplicaRecord): RetentionPolicy {
  const own = options.policy ?? {}
  const given = POLICY_FIELDS.flatMap((field) => (own[field] === undefined || own[field] === null ? [] : [[field, own[field]]]))
  return { ...policyOf(ctx.consoleDb, workspaceId), ...(Object.fromEntries(given) as Partial<RetentionPolicy>) }
}

/** A replica without its secrets. */
export function replicaOf(ctx: ServiceContext, record: ReplicaRecord, workspace: WorkspaceRecord): Replica {
  const { id, name, target, options, secrets } = record
  return {
    ...{ id, workspaceId: workspace.id, workspace: workspace.name, name, target, ...options },
    place: placeText(target),
    hasSecrets: target.kind !== 'folder' && secrets !== '',
    isOffHost: isOffHost(target),
    isReadableThere: !isSealed(workspace.repositoryPath),
    keeps: policyOfReplica(ctx, record),
    state: stateOf(ctx, record),
  }
}

/** How far a replica is, by rows alone. */
export function stateOf(ctx: ServiceContext, record: ReplicaRecord): ReplicaState {
  const { id, facts, options, workspaceId } = record
  const counts = countReplicaArchives(ctx.consoleDb, id)
  const behindMs = behindSinceMs(ctx, record, counts.newestCopiedAt)
  const isSyncing = listOpenJobs(ctx.consoleDb).some(
    (job) => job.kind === 'replicate' && job.workspaceId === workspaceId && inputOf(job.input) === id,
  )
  const nextMs = nextSyncMs(ctx, record)
  const isBehind = behindMs !== null && ctx.clock.nowMs() - behindMs > options.lagHours * HOUR_MS
  const { lastStartedAt, lastSuccessAt, lastJobId, lastError, objects, bytes, bytesPut, checkedBytes, oldestCheckAt, findings } = facts
  return {
    status: isSyncing
      ? 'syncing'
      : facts.tamperedAt !== null
        ? 'tampered'
        : options.isPaused
          ? 'paused'
          : lastError !== null
            ? 'failed'
            : isBehind
              ? 'behind'
              : lastSuccessAt === null
                ? 'new'
                : 'current',
    ...{ lastStartedAt, lastSuccessAt, lastJobId, lastError, objects, bytes, bytesPut, checkedBytes, oldestCheckAt, findings },
    nextSyncAt: nextMs === null ? null : new Date(nextMs).toISOString(),
    behindSince: behindMs === null ? null : new Date(behindMs).toISOString(),
    archivesCopied: counts.copied,
    archivesWaiting: counts.waiting,
    archivesIncomplete: counts.incomplete,
    newestCopiedAt: counts.newestCopiedAt,
    lockedUntil: stillAhead(ctx, counts.lockedUntil),
    tamperedAt: facts.tamperedAt,
    tampering: facts.tampering,
  }
}

/** The replica that a job is about. */
const inputOf = (input: unknown): unknown => (typeof input === 'object' && input !== null && 'replica' in input ? input.replica : null)

/** A lock that has ended is none. */
const stillAhead = (ctx: ServiceContext, until: string | null) => (until !== null && Date.parse(until) > ctx.clock.nowMs() ? until : null)

/** When the oldest whole archive was taken that is newer than every copied one; null without one, or without a catalog to ask. */
function behindSinceMs(ctx: ServiceContext, { workspaceId, createdAt }: ReplicaRecord, newestCopiedAt: string | null): number | null {
  try {
    const oldestMs = oldestWholeAfterMs(ctx.catalogDb(), workspaceId, newestCopiedAt === null ? 0 : Date.parse(newestCopiedAt))
    // Nobody is behind with what was there before the replica was.
    return oldestMs === null ? null : Math.max(oldestMs, Date.parse(createdAt))
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('catalog_')) return null
    throw error
  }
}
