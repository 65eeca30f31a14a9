/**
 * Executes a restore: plan → stage (decode, write, prove) → safety archive → stop → look again → swap → validate → start. In place all of it
 * happens or nothing; into an empty target the files are simply written. Until the swap a cancel leaves the live side untouched.
 */

import { systemClock } from '#lib/base/clock.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { lockPath, type RecoveryPlace } from './journal.ts'
import { assertExecutable, preparePlan } from './plan-restore.ts'
import { restoreFresh } from './restore-fresh.ts'
import { type RestoreLock, takeRestoreLock } from './restore-lock.ts'
import { RestoreRun } from './restore-run.ts'
import { RestoreTally } from './restore-tally.ts'
import type { RestoreInput, RestorePlan, RestoreProgress, RestoreResult, RestoreStep } from './restore-types.ts'
import { canStop, type RuntimePort } from './runtime-port.ts'
import { settleLocked } from './settle.ts'
import { StepReports } from './step-reports.ts'

export interface ExecuteRestoreInput extends RestoreInput {
  jobId: JobId
  /** Digest of the plan that was reviewed; when the live side moved on since, the restore refuses with `plan_stale`. */
  digest?: string | undefined
  /** Where the journal and the undo are kept; without it a restore in place that is killed cannot be settled, and has no undo. */
  recovery?: RecoveryPlace | undefined
  /** What stops and starts the orchestrator around the swap. */
  runtime?: RuntimePort | undefined
  /** Called in place, after all is staged and before anything live is touched; returns the safety archive it took. Called again when live changed while the orchestrator stopped. */
  beforeSwap?: ((plan: RestorePlan) => Promise<ArchiveId | null>) | undefined
  onPlan?: ((plan: RestorePlan) => void) | undefined
  onProgress?: ((progress: RestoreProgress) => void) | undefined
  onStep?: ((step: RestoreStep) => void) | undefined
  onLog?: ((message: string) => void) | undefined
}

/** Carries out a restore and proves it. Throws `plan_stale`, `workspace_locked`, `target_not_empty`, `target_full`, `path_unsafe`, `frame_damaged`, `validation_failed`, `cancelled` and others. */
export async function executeRestore(input: ExecuteRestoreInput): Promise<RestoreResult> {
  const { recovery } = input
  if (!recovery || input.target !== null) return await restore(input, null)
  const purpose = `restore of ${input.manifest.id} (${input.jobId})`
  const lock = takeRestoreLock(lockPath(recovery), {
    jobId: input.jobId,
    purpose,
    workspace: recovery.workspace,
    makeRoom: recovery.makeRoom,
  })
  try {
    const settled = settleLocked(recovery, lock)
    if (settled) input.onLog?.(`The interrupted ${settled.kind} ${settled.jobId} was settled first: ${settled.outcome}.`)
    return await restore(input, lock)
  } finally {
    lock.release()
  }
}

async function restore(input: ExecuteRestoreInput, lock: RestoreLock | null): Promise<RestoreResult> {
  const startedMs = systemClock.monotonicMs()
  const tally = new RestoreTally(input.onProgress)
  const reports = new StepReports(input.onStep)
  tally.enter('plan', null, null)
  const prepared = await preparePlan({ ...input, stopsRuntime: input.stopsRuntime ?? canStop(input.runtime) })
  const { plan } = prepared
  input.onPlan?.(plan)
  if (input.digest !== undefined && input.digest !== plan.digest) throw reviewedPlanIsStale()
  assertExecutable(plan)
  let done: Awaited<ReturnType<RestoreRun['run']>> = { safetyArchiveId: null, quarantinePath: null, undoUntil: null, isUndoable: false }
  // Beside a restore in place a safety archive is taken, which needs the table of all frames anyway.
  if (prepared.contentFrames && input.target !== null) await input.reader.locate(prepared.contentFrames)
  if (prepared.isFresh) {
    tally.enter('stage', prepared.files, plan.bytesToWrite)
    await restoreFresh(input, prepared, tally)
  } else if (prepared.changes > 0) {
    done = await new RestoreRun({ input, tally, reports, lock }).run(prepared)
  } else tally.skippedFiles = plan.counts.skip
  const { restoredFiles, restoredBytes, skippedFiles, quarantinedFiles, provenFiles, warnings } = tally
  input.onLog?.(
    `Restored ${plural(restoredFiles, 'file')} (${formatBytes(restoredBytes)}), ${formatCount(provenFiles)} proven by reading them back.`,
  )
  return {
    archiveId: input.manifest.id,
    restoredFiles,
    restoredBytes,
    skippedFiles,
    quarantinedFiles,
    provenFiles,
    safetyArchiveId: done.safetyArchiveId,
    undo: done.isUndoable ? input.jobId : null,
    undoUntil: done.undoUntil,
    quarantinePath: done.quarantinePath,
    steps: reports.list,
    durationMs: Math.round(systemClock.monotonicMs() - startedMs),
    warnings,
  }
}

function reviewedPlanIsStale(): AppError {
  return new AppError('plan_stale', {
    message: 'What is live changed after the plan was made; nothing was changed by the restore.',
    hint: 'Look at the new plan. If the orchestrator is running, stop it first.',
  })
}
