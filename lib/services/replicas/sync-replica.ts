import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { findReplica, noteReplica, putReplicaArchives, type ReplicaRecord } from '#db/console/tables/replicas.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { ReplicaEstimate, ReplicaTarget, SyncReport } from '#lib/contracts/replica.ts'
import { readOpenUndos } from '#lib/engine/prune/open-undos.ts'
import type { PlaceMemory } from '#lib/engine/replica/place-memory.ts'
import type { SyncFigures, SyncInput } from '#lib/engine/replica/replica-types.ts'
import { planReplica, syncReplica as syncPlace } from '#lib/engine/replica/run-sync.ts'
import { acquireLease } from '#lib/engine/repository/lease.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'
import { consoleIdOf } from '../audit/mirror.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'
import { zoneOf } from '../retention/rules.ts'
import { requireReplica, workspaceOfReplica } from './find-replica.ts'
import { loadMemory, lockFolder, openPlace, placeKey, placeText, saveMemory } from './open-place.ts'
import { policyOfReplica } from './show-replicas.ts'

export interface SyncReplicaInput {
  /** Id or name. */
  replica: string
  /** How much of the copy is read back: as much as its settings say, all of it, or nothing. */
  check: 'some' | 'all' | 'none'
  waitMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** Brings a replica up to date, as a job of this process. Only in job and CLI processes. */
export function syncReplica(ctx: ServiceContext, input: SyncReplicaInput): Promise<JobWork<SyncReport>> {
  requireRight(ctx, 'back-up')
  const replica = requireReplica(ctx, input.replica)
  const workspace = workspaceOfReplica(ctx, replica)
  const { jobId, command, signal, onEvent, check } = input
  const job = {
    kind: 'replicate' as const,
    title: `${check === 'all' ? 'Check' : 'Copy to'} ${replica.name}`,
    workspace: { id: workspace.id, name: workspace.name },
    input: { replica: replica.id, check },
  }
  return runAsJob(ctx, { ...job, jobId, command, signal, onEvent }, async (reporter) => {
    const startedAt = new Date(ctx.clock.nowMs()).toISOString()
    const startedMs = ctx.clock.monotonicMs()
    noteReplica(ctx.consoleDb, replica.id, { lastStartedAt: startedAt, lastJobId: reporter.jobId })
    try {
      const figures = await underLock(ctx, replica, input, () => syncOnce(ctx, replica, workspace, input, reporter))
      const report = reportOf(replica, figures, Math.round(ctx.clock.monotonicMs() - startedMs))
      keepFacts(ctx, replica, figures, startedAt, reporter)
      tell(ctx, replica, report, reporter)
      return {
        outcome: figures.findings.some(({ severity }) => severity !== 'info') ? 'warning' : 'success',
        findings: figures.findings,
        result: report,
      }
    } catch (error) {
      keepFailure(ctx, replica, error, signal)
      throw error
    }
  })
}

/** What the next sync would transfer, and what it costs by the prices that were entered. Changes nothing; only in job and CLI processes. */
export async function estimateSync(ctx: ServiceContext, input: { replica: string; signal: AbortSignal }): Promise<ReplicaEstimate> {
  requireRight(ctx, 'list')
  const replica = requireReplica(ctx, input.replica)
  const workspace = workspaceOfReplica(ctx, replica)
  const figures = await withPlace(ctx, replica, workspace, input.signal, (repository, place) =>
    planReplica(
      inputOf(ctx, replica, workspace, {
        repository,
        place,
        memory: loadMemory(ctx, replica.target),
        recheckBytes: 0,
        signal: input.signal,
      }),
    ),
  )
  const lists = Math.ceil(Math.max(figures.objectsThere, 1) / LIST_PAGE) + COPIED_LISTS
  const requests = { puts: figures.objectsPut * (replica.options.lockDays === null ? 1 : 2), gets: figures.objectsPut + HEAD_READS, lists }
  const { prices } = replica.options
  return {
    replica: replica.name,
    archives: figures.archivesCopied,
    objects: figures.objectsPut,
    bytes: figures.bytesPut,
    requests,
    cost: prices && {
      currency: prices.currency,
      once: (requests.puts * prices.perThousandPuts + lists * prices.perThousandPuts + requests.gets * prices.perThousandGets) / 1000,
      perMonth: ((figures.bytesThere + figures.bytesPut) / GIGABYTE) * prices.perGigabyteMonth,
    },
  }
}

const LIST_PAGE = 1000
/** A listing a folder of a copy. */
const COPIED_LISTS = 5
/** Reads of the head and of whose place it is. */
const HEAD_READS = 5
const GIGABYTE = 1e9

function underLock<T>(ctx: ServiceContext, { target, name }: ReplicaRecord, input: SyncReplicaInput, work: () => Promise<T>): Promise<T> {
  const folder = lockFolder(ctx, target)
  mkdirSync(ctx.paths.replicas, { recursive: true, mode: 0o700 })
  const storage = openLocalStorage(folder, { create: true })
  const run = async () => {
    const lease = await acquireLease(storage, {
      purpose: `copying to ${name}`,
      since: new Date(ctx.clock.realNowMs()).toISOString(),
      monotonicMs: () => ctx.clock.monotonicMs(),
      waitMs: input.waitMs,
      signal: input.signal,
    })
    try {
      return await work()
    } finally {
      await lease.release()
    }
  }
  return run().finally(() => storage.close())
}

function syncOnce(
  ctx: ServiceContext,
  replica: ReplicaRecord,
  workspace: WorkspaceRecord,
  input: SyncReplicaInput,
  reporter: JobReporter,
): Promise<SyncFigures> {
  const { check, signal } = input
  return withPlace(ctx, replica, workspace, signal, (repository, place) => {
    const memory = loadMemory(ctx, replica.target)
    const thereBytes = Object.values(memory.objects).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const share = check === 'none' ? 0 : check === 'all' ? 1 : replica.options.recheckPercent / 100
    const recheckBytes = check === 'all' ? Number.POSITIVE_INFINITY : thereBytes * share
    return syncPlace({
      ...inputOf(ctx, replica, workspace, { repository, place, memory, recheckBytes, signal }),
      onProgress: ({ phase, objectsDone, objectsTotal, bytesDone, bytesTotal, current }) =>
        reporter.progress({ phase, filesDone: objectsDone, filesTotal: objectsTotal, bytesDone, bytesTotal, currentPath: current }),
    })
  })
}

async function withPlace<T>(
  ctx: ServiceContext,
  replica: ReplicaRecord,
  { repositoryPath, timeZone }: WorkspaceRecord,
  signal: AbortSignal,
  work: (repository: Repository, place: Storage) => Promise<T>,
): Promise<T> {
  return await withRepository(ctx, repositoryPath, async (repository) => {
    // A folder is made with the first sync; later a missing one is a disk that is not mounted.
    const isNew = replica.facts.lastSuccessAt === null || replica.facts.isTakeOver
    const place = await openPlace(ctx, replica, { timeZone, signal, create: isNew, isForPuts: true })
    try {
      return await work(repository, place)
    } finally {
      place.close()
    }
  })
}

function inputOf(
  ctx: ServiceContext,
  replica: ReplicaRecord,
  workspace: WorkspaceRecord,
  run: { repository: Repository; place: Storage; memory: PlaceMemory; recheckBytes: number; signal: AbortSignal },
): SyncInput {
  const policy = policyOfReplica(ctx, replica)
  const { timeZone: _, ...rules } = policy
  return {
    host: run.repository,
    place: run.place,
    open: (storage) => run.repository.openAt(storage),
    workspaceId: workspace.id,
    owner: { homeId: consoleIdOf(ctx), host: hostname() },
    isTakeOver: replica.facts.isTakeOver,
    policy: rules,
    timeZone: zoneOf(ctx, workspace.id, policy),
    undos: readOpenUndos(ctx.paths.journals, ctx.clock.nowMs()),
    lockDays: replica.options.lockDays,
    recheckBytes: run.recheckBytes,
    memory: run.memory,
    saveMemory: () => saveMemory(ctx, replica.target, run.memory),
    clock: ctx.clock,
    signal: run.signal,
  }
}

function keepFacts(
  ctx: ServiceContext,
  { id, target, facts }: ReplicaRecord,
  figures: SyncFigures,
  startedAt: string,
  reporter: JobReporter,
): void {
  const tampered = figures.findings.find(({ code }) => code === 'replica_tampered')
  const checks = Object.values(loadMemory(ctx, target).objects).map(({ checkedAtMs }) => checkedAtMs)
  const oldest = checks.length === 0 ? 0 : checks.reduce((least, at) => Math.min(least, at))
  inTransaction(ctx.consoleDb, () => {
    if (hasMoved(ctx, id, target)) return
    putReplicaArchives(ctx.consoleDb, id, figures.archives)
    noteReplica(ctx.consoleDb, id, {
      // What came while it ran is due again.
      ...{ lastSuccessAt: startedAt, lastJobId: reporter.jobId, lastError: null, failures: 0, isTakeOver: false },
      ...{ objects: figures.objectsThere, bytes: figures.bytesThere, lockedBytes: figures.lockedBytes, bytesPut: figures.bytesPut },
      ...{ checkedBytes: figures.checkedBytes, oldestCheckAt: oldest === 0 ? null : new Date(oldest).toISOString() },
      ...(tampered ? { tamperedAt: facts.tamperedAt ?? startedAt, tampering: tampered.message } : {}),
      findings: figures.findings.slice(0, MOST_FINDINGS),
    })
  })
}

const MOST_FINDINGS = 50

/** What was found at a place says nothing of the one that the replica was given meanwhile. */
function hasMoved(ctx: ServiceContext, id: ReplicaRecord['id'], target: ReplicaTarget): boolean {
  const now = findReplica(ctx.consoleDb, id)
  return now === null || placeKey(now.target) !== placeKey(target)
}

function keepFailure(ctx: ServiceContext, { id, facts, target }: ReplicaRecord, error: unknown, signal: AbortSignal): void {
  const { code, message, hint } = toAppError(error)
  if (code === 'cancelled' || signal.aborted || hasMoved(ctx, id, target)) return
  const isEmptied = code === 'replica_emptied'
  const at = new Date(ctx.clock.nowMs()).toISOString()
  noteReplica(ctx.consoleDb, id, {
    lastError: { code, message, hint },
    failures: facts.failures + 1,
    ...(isEmptied ? { tamperedAt: facts.tamperedAt ?? at, tampering: message } : {}),
  })
}

function reportOf(replica: ReplicaRecord, figures: SyncFigures, durationMs: number): SyncReport {
  const { archives, findings: _, tampering: __, ...rest } = figures
  const count = (state: string) => archives.filter((archive) => archive.state === state).length
  return {
    ...{ replica: replica.name, replicaId: replica.id, place: placeText(replica.target) },
    ...rest,
    archivesIncomplete: count('incomplete'),
    archivesWaiting: count('waiting'),
    durationMs,
  }
}

function tell(ctx: ServiceContext, replica: ReplicaRecord, report: SyncReport, reporter: JobReporter): void {
  const { archivesCopied, objectsPut, bytesPut, forgotten, checkedObjects, healed, locksExtended } = report
  const parts = [
    `${archivesCopied === 1 ? '1 archive' : `${archivesCopied} archives`} copied, ${formatBytes(bytesPut)} in ${objectsPut} objects`,
    ...(forgotten.length > 0 ? [`${forgotten.length} taken off`] : []),
    ...(checkedObjects > 0 ? [`${checkedObjects} objects read back`] : []),
    ...(healed.length > 0 ? [`${healed.length} put right`] : []),
    ...(locksExtended > 0 ? [`${locksExtended} locks extended`] : []),
  ]
  reporter.log('info', `${parts.join('; ')}.`)
  const { place, damaged, vanished } = report
  const object = { kind: 'replica', id: replica.id, workspaceId: replica.workspaceId }
  recordDone(ctx, reporter, 'replica.sync', object, { place, archivesCopied, objectsPut, bytesPut, forgotten, damaged, healed, vanished })
}
