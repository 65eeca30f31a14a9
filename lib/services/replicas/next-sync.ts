import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { countReplicaArchives, type ReplicaRecord } from '#db/console/tables/replicas.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { ServiceContext } from '../context.ts'
import { backOffMs } from '../schedule/back-off.ts'
import { newestDue, nextDue } from '../schedule/due.ts'
import { newestArchiveMs, takenCareOfUntil } from '../schedule/overdue.ts'

/** When a replica is synced next by itself, as far as that is known; null = not by itself, or only after the next backup. */
export function nextSyncMs(ctx: ServiceContext, replica: ReplicaRecord): number | null {
  if (replica.options.isPaused) return null
  const nowMs = ctx.clock.nowMs()
  const due = dueMs(ctx, replica)
  if (due !== null) return Math.max(due, nowMs)
  const { schedule } = replica.options
  return schedule === null ? null : nextDue(schedule, requireWorkspace(ctx.consoleDb, replica.workspaceId).timeZone, nowMs)
}

/** Since when a sync is due, a time ahead while a failed one waits to be tried again; null = none is. */
export function dueMs(ctx: ServiceContext, replica: ReplicaRecord): number | null {
  const { options, facts, workspaceId, createdAt, lastDueAt } = replica
  if (options.isPaused) return null
  const nowMs = ctx.clock.nowMs()
  const { timeZone } = requireWorkspace(ctx.consoleDb, workspaceId)
  const sinceMs = takenCareOfUntil([Date.parse(createdAt), Date.parse(lastDueAt ?? createdAt)], nowMs)
  const byClock = options.schedule === null ? null : newestDue(options.schedule, timeZone, sinceMs, nowMs)
  const afterBackup = options.afterBackup ? newArchiveMs(ctx, replica) : null
  const due = byClock ?? afterBackup ?? (facts.lastError !== null && lastDueAt !== null ? Date.parse(lastDueAt) : null)
  if (due === null) return null
  // Each try of a failed run waits longer than the one before; a time of the schedule is tried at once.
  const tries = facts.failures
  if (tries === 0 || byClock !== null || facts.lastStartedAt === null) return due
  const nextTryMs = Date.parse(facts.lastStartedAt) + backOffMs(tries)
  return nextTryMs - nowMs > backOffMs(tries) ? nowMs : Math.max(due, nextTryMs)
}

/** When an archive was taken that no sync has looked at; null = there is none. One that a sync could not read is not looked for with every tick. */
function newArchiveMs(ctx: ServiceContext, { id, workspaceId, facts }: ReplicaRecord): number | null {
  const newestMs = newestArchiveMs(ctx, workspaceId)
  const { newestKnownAt } = countReplicaArchives(ctx.consoleDb, id)
  const nowMs = ctx.clock.nowMs()
  if (newestMs === 0 || newestMs > nowMs || newestMs <= Date.parse(newestKnownAt ?? NEVER)) return null
  const isLookedAt = facts.lastError === null && newestMs <= Date.parse(facts.lastSuccessAt ?? NEVER)
  return isLookedAt && nowMs - Date.parse(facts.lastSuccessAt!) < AGAIN_MS ? null : newestMs
}

const NEVER = '1970-01-01'
const AGAIN_MS = 3_600_000

/** A sync waits for the backup of its workspace, and runs once at a time. */
export function isBusy(ctx: ServiceContext, { id, workspaceId }: ReplicaRecord): boolean {
  return listOpenJobs(ctx.consoleDb).some(
    (job) =>
      job.workspaceId === workspaceId &&
      (job.kind === 'backup' || (job.kind === 'replicate' && (job.input as { replica?: string } | null)?.replica === id)),
  )
}
