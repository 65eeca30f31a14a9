/**
 * Executes a restore: plan → stage (decode, write, prove) → safety archive → look again → swap. In place all of it happens or nothing;
 * into an empty target the files are simply written. Until the swap a cancel leaves the live side untouched; the swap is not interrupted.
 */
import { systemClock } from '#lib/base/clock.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { textOfRaw } from '../raw-path.ts'
import type { Destinations } from './destinations.ts'
import { targetError } from './file-failure.ts'
import { MountPoints } from './mount-points.ts'
import { assertExecutable, type PreparedPlan, preparePlan } from './plan-restore.ts'
import { writeQuarantineRecord } from './quarantine-record.ts'
import { restoreFresh } from './restore-fresh.ts'
import { RestoreTally } from './restore-tally.ts'
import type { RestoreInput, RestorePlan, RestoreProgress, RestoreResult } from './restore-types.ts'
import { stageRestore } from './stage-restore.ts'
import { StagingAreas } from './staging-areas.ts'
import type { StepLog } from './step-log.ts'
import { Swap } from './swap.ts'

export interface ExecuteRestoreInput extends RestoreInput {
  jobId: JobId
  /** Digest of the plan that was reviewed; when the live side moved on since, the restore refuses with `plan_stale`. */
  digest?: string | undefined
  /** Called once in place, after all is staged and before anything is swapped; returns the safety archive it took. */
  beforeSwap?: ((plan: RestorePlan) => Promise<ArchiveId | null>) | undefined
  onPlan?: ((plan: RestorePlan) => void) | undefined
  onProgress?: ((progress: RestoreProgress) => void) | undefined
  onLog?: ((message: string) => void) | undefined
}

/** Carries out a restore and proves it. Throws `plan_stale`, `target_not_empty`, `target_full`, `path_unsafe`, `frame_damaged`, `cancelled` and others. */
export async function executeRestore(input: ExecuteRestoreInput): Promise<RestoreResult> {
  const startedMs = systemClock.monotonicMs()
  const tally = new RestoreTally(input.onProgress)
  tally.enter('plan', null, null)
  const prepared = await preparePlan(input)
  const { plan } = prepared
  input.onPlan?.(plan)
  if (input.digest !== undefined && input.digest !== plan.digest) throw reviewedPlanIsStale()
  assertExecutable(plan)
  const done = { safetyArchiveId: null as ArchiveId | null, quarantinePath: null as string | null }
  if (prepared.isFresh) {
    tally.enter('stage', prepared.files, plan.bytesToWrite)
    await restoreFresh(input, prepared, tally)
  } else if (prepared.changes > 0) {
    Object.assign(done, await stageAndSwap(input, prepared, tally))
  } else tally.skippedFiles = plan.counts.skip
  const { restoredFiles, restoredBytes, skippedFiles, quarantinedFiles, provenFiles, warnings } = tally
  input.onLog?.(
    `Restored ${formatCount(restoredFiles)} files (${formatBytes(restoredBytes)}), ${formatCount(provenFiles)} proven by reading them back.`,
  )
  return {
    archiveId: input.manifest.id,
    restoredFiles,
    restoredBytes,
    skippedFiles,
    quarantinedFiles,
    provenFiles,
    safetyArchiveId: done.safetyArchiveId,
    undo: input.target === null && done.quarantinePath !== null ? input.jobId : null,
    quarantinePath: done.quarantinePath,
    durationMs: Math.round(systemClock.monotonicMs() - startedMs),
    warnings,
  }
}

async function stageAndSwap(
  input: ExecuteRestoreInput,
  prepared: PreparedPlan,
  tally: RestoreTally,
): Promise<{ safetyArchiveId: ArchiveId | null; quarantinePath: string | null }> {
  const { plan, destinations } = prepared
  const areas = new StagingAreas(input.jobId, destinations, MountPoints.read())
  let steps: StepLog | null = null
  // From the first swap on the quarantine holds what was live, so it is not ours to remove.
  let isKept = false
  try {
    tally.enter('stage', prepared.files, plan.bytesToWrite)
    input.onLog?.(`Staging ${formatCount(prepared.files)} files, ${formatBytes(plan.bytesToWrite)}.`)
    steps = await stageRestore({ input, prepared, areas, tally })
    tally.enter('safety', null, null)
    const safetyArchiveId = input.target === null ? ((await input.beforeSwap?.(plan)) ?? null) : null
    throwIfCancelled(input.signal)
    swapIn(destinations, areas, steps, tally)
    isKept = true
    const head = { jobId: input.jobId, archiveId: plan.archiveId, safetyArchiveId, target: plan.target }
    const record = writeQuarantineRecord(head, destinations, areas.areas, steps)
    tally.quarantinedFiles = record.kept
    isKept = record.moves > 0
    steps.remove()
    return { safetyArchiveId, quarantinePath: isKept ? textOfRaw(areas.areas[0]!.path) : null }
  } catch (error) {
    isKept ||= isAppError(error) && error.context.isMixed === true
    const parent = areas.areas[0]?.parent ?? destinations.bases[0]!.path
    if (!isKept) areas.remove('all')
    throw targetError(error, parent, plan.bytesToWrite)
  } finally {
    steps?.close()
    areas.remove(isKept ? 'staged' : 'all')
  }
}

function swapIn(destinations: Destinations, areas: StagingAreas, steps: StepLog, tally: RestoreTally): void {
  const swap = new Swap(destinations, areas.areas, steps)
  try {
    swap.check()
    tally.enter('swap', steps.count, null)
    swap.run((step) => tally.step(step.path))
  } finally {
    swap.close()
  }
}

function reviewedPlanIsStale(): AppError {
  return new AppError('plan_stale', {
    message: 'What is live changed after the plan was made; nothing was changed by the restore.',
    hint: 'Look at the new plan. If the orchestrator is running, stop it first.',
  })
}
