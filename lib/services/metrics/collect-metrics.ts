import { Counter, Gauge, Registry } from 'prom-client'
import { getWorkspaceFacts, type WorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { countJobOutcomes, listNewestFinished } from '#db/console/queries/job-figures.ts'
import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { countDeliveries } from '#db/console/tables/deliveries.ts'
import { listReplicas, type ReplicaRecord } from '#db/console/tables/replicas.ts'
import { listWatchedFiles } from '#db/console/tables/watched-files.ts'
import { listWorkspaces, requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { floorOf } from '../disk/free-floor.ts'
import { stateOf } from '../replicas/show-replicas.ts'
import { knownRepositories } from '../repository/known-repositories.ts'
import { repositoryStats } from '../repository/repository-stats.ts'
import { runStateOf } from '../schedule/overdue.ts'
import { COUNTERS, METRICS, type MetricKey } from './definitions.ts'

/** Sets a sample; null leaves it out, so that what is unknown is absent and never 0. */
type Set = (key: MetricKey, value: number | boolean | null, labels?: Record<string, string>) => void

const secondsOf = (iso: string | null) => (iso === null ? null : Date.parse(iso) / 1000)

/** All figures in Prometheus' text format 0.0.4, as they are now. Reads rows and names, never content. */
export async function metricsText(ctx: ServiceContext): Promise<string> {
  requireRight(ctx, 'list')
  const { registry, set } = makeRegistry()
  set('info', 1, { version: ctx.tool })
  for (const workspace of listWorkspaces(ctx.consoleDb)) collectWorkspace(ctx, workspace, set)
  for (const record of listReplicas(ctx.consoleDb, null)) collectReplica(ctx, record, set)
  for (const path of knownRepositories(ctx)) collectRepository(ctx, path, set)
  collectJobs(ctx, set)
  const { waiting, givenUp } = countDeliveries(ctx.consoleDb)
  set('notificationsWaiting', waiting)
  set('notificationsFailed', givenUp)
  return registry.metrics()
}

function makeRegistry(): { registry: Registry; set: Set } {
  const registry = new Registry()
  const metrics = new Map<MetricKey, Gauge | Counter>()
  for (const [key, [name, help, labelNames]] of Object.entries(METRICS) as [MetricKey, (typeof METRICS)[MetricKey]][]) {
    const options = { name, help, labelNames: [...labelNames], registers: [registry] }
    const metric = COUNTERS.has(key) ? new Counter(options) : new Gauge(options)
    metrics.set(key, metric)
  }
  return {
    registry,
    set: (key, value, labels = {}) => {
      if (value === null) return
      const metric = metrics.get(key)!
      if (metric instanceof Gauge) metric.set(labels, Number(value))
      else metric.inc(labels, Number(value))
    },
  }
}

function collectWorkspace(ctx: ServiceContext, record: WorkspaceRecord, set: Set): void {
  const workspace = { workspace: record.name }
  const nowMs = ctx.clock.nowMs()
  const ageOf = (iso: string) => (nowMs - Date.parse(iso)) / 1000
  const { nextRunAt, overdueSince } = runStateOf(ctx, record)
  set('scheduled', record.schedule !== null, workspace)
  set('nextRun', secondsOf(nextRunAt), workspace)
  set('overdue', overdueSince === null ? 0 : ageOf(overdueSince), workspace)
  set('liveDamaged', listWatchedFiles(ctx.consoleDb, record.id).filter(({ since }) => since !== null).length, workspace)
  for (const { kind, outcome, startedAt, finishedAt } of listNewestFinished(ctx.consoleDb, record.id)) {
    set('jobDuration', startedAt === null ? null : (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000, { ...workspace, kind })
    set('jobFailed', outcome === 'failure' || outcome === 'interrupted', { ...workspace, kind })
  }
  const facts = factsOf(ctx, record.id, nowMs)
  if (facts === null) return
  const { archives, newest, lastGood } = facts
  set('archives', archives, workspace)
  set('hasGood', lastGood !== null, workspace)
  if (newest) {
    set('lastSuccess', secondsOf(newest.createdAt), workspace)
    set('lastSuccessAge', ageOf(newest.createdAt), workspace)
    set('lastDuration', newest.durationMs === null ? null : newest.durationMs / 1000, workspace)
    set('lastFiles', newest.files, workspace)
    set('lastContent', newest.contentBytes, workspace)
    set('lastStored', newest.storedBytes, workspace)
    set('suspect', newest.suspect, workspace)
    set('grade', newest.grade, workspace)
  }
  if (lastGood) {
    set('goodAge', ageOf(lastGood.createdAt), workspace)
    set('goodGrade', lastGood.grade, workspace)
    set('goodExpires', secondsOf(lastGood.gradeExpiresAt), workspace)
  }
}

/** Null while there is no catalog to ask: what archives there are is unknown then. */
function factsOf(ctx: ServiceContext, workspaceId: string, nowMs: number): WorkspaceFacts | null {
  try {
    return getWorkspaceFacts(ctx.catalogDb(), workspaceId, nowMs)
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('catalog_')) return null
    throw error
  }
}

function collectRepository(ctx: ServiceContext, path: string, set: Set): void {
  const repository = { repository: path }
  const { storedBytes, contentBytes, packs, freeBytes, totalBytes } = repositoryStats(ctx, path)
  const { floorBytes, isBelow } = floorOf(ctx, path)
  set('repoStored', storedBytes, repository)
  set('repoContent', contentBytes, repository)
  set('repoPacks', packs, repository)
  set('repoFree', freeBytes, repository)
  set('repoTotal', totalBytes, repository)
  set('repoFloor', floorBytes, repository)
  set('repoPaused', isBelow, repository)
}

function collectReplica(ctx: ServiceContext, record: ReplicaRecord, set: Set): void {
  const nowMs = ctx.clock.nowMs()
  const ageOf = (iso: string) => (nowMs - Date.parse(iso)) / 1000
  const replica = { workspace: requireWorkspace(ctx.consoleDb, record.workspaceId).name, replica: record.name }
  const state = stateOf(ctx, record)
  set('replicaAge', state.lastSuccessAt === null ? null : ageOf(state.lastSuccessAt), replica)
  set('replicaLag', state.behindSince === null ? 0 : ageOf(state.behindSince), replica)
  set('replicaFailing', state.lastError !== null, replica)
  set('replicaTampered', state.tamperedAt !== null, replica)
  set('replicaArchives', state.archivesCopied, replica)
  set('replicaIncomplete', state.archivesIncomplete, replica)
  set('replicaBytes', state.bytes, replica)
  set('replicaSent', state.bytesPut, replica)
  set('replicaLocked', secondsOf(state.lockedUntil), replica)
}

function collectJobs(ctx: ServiceContext, set: Set): void {
  const open = new Map<string, { kind: string; status: string; jobs: number }>()
  for (const { kind, status } of listOpenJobs(ctx.consoleDb)) {
    const key = `${kind} ${status}`
    open.set(key, { kind, status, jobs: (open.get(key)?.jobs ?? 0) + 1 })
  }
  for (const { kind, status, jobs } of open.values()) set('jobsOpen', jobs, { kind, status })
  for (const { kind, outcome, jobs } of countJobOutcomes(ctx.consoleDb)) set('jobsFinished', jobs, { kind, outcome })
}
