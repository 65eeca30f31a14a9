/**
 * Takes a restore in place back: what it replaced comes out of its quarantine, the old inodes themselves, and what it put there goes into a
 * quarantine of the undo's own. A transaction like the restore: journal, swap, validation, and an undo of its own.
 */
import { unlinkSync } from 'node:fs'
import { systemClock } from '#lib/base/clock.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { formatCount } from '#lib/base/units.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { fsPath, textOfRaw } from '../raw-path.ts'
import { changesOf, groundOf, movedOn, withSteps } from './change-ground.ts'
import { targetError } from './file-failure.ts'
import { finishChange, keepsFolder } from './finish-change.ts'
import { isoOf, lockPath, OpenJournal, type RecoveryPlace } from './journal.ts'
import { LiveTransaction } from './live-transaction.ts'
import { openGround } from './open-ground.ts'
import { type RestoreLock, takeRestoreLock } from './restore-lock.ts'
import { RestoreTally } from './restore-tally.ts'
import type { RestoreProgress, RestoreStep } from './restore-types.ts'
import type { RuntimePort } from './runtime-port.ts'
import { settleLocked } from './settle.ts'
import { closeArea, type StagingArea } from './staging-areas.ts'
import { StepReports } from './step-reports.ts'
import type { SwapGround } from './swap.ts'
import { makeUndoAreas, plannedUndoAreas, removeUndoAreas } from './undo-areas.ts'
import { readUndo, type UndoRecord } from './undo-records.ts'
import { type MovedOn, type UndoPlan, writeUndoSteps } from './undo-steps.ts'

export interface ExecuteUndoInput {
  recovery: RecoveryPlace
  /** The job of this undo. */
  jobId: JobId
  /** The restore (or undo) to take back. */
  undoOf: JobId
  /** Also when the workspace moved on since: what it has now goes to quarantine. */
  force?: boolean | undefined
  runtime?: RuntimePort | undefined
  /** Called when the workspace moved on and force was given, before anything live is touched; returns the safety archive it took. */
  beforeSwap?: (() => Promise<ArchiveId | null>) | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((progress: RestoreProgress) => void) | undefined
  onStep?: ((step: RestoreStep) => void) | undefined
}

export interface UndoResult {
  undone: JobId
  archiveId: ArchiveId | null
  /** Paths that came back, and paths that went to quarantine. */
  broughtBack: number
  movedAway: number
  /** The first paths that had moved on since. */
  movedOn: MovedOn[]
  movedOnCount: number
  safetyArchiveId: ArchiveId | null
  /** The job that undoes this undo. */
  undo: JobId | null
  undoUntil: string | null
  quarantinePath: string | null
  steps: RestoreStep[]
  durationMs: number
}

/** Takes a restore back. Throws `undo_unknown`, `undo_refused` when the workspace moved on, `workspace_locked` and what a swap throws. */
export async function executeUndo(input: ExecuteUndoInput): Promise<UndoResult> {
  const { recovery, jobId, undoOf } = input
  const lock = takeRestoreLock(lockPath(recovery), {
    jobId,
    purpose: `undo of ${undoOf} (${jobId})`,
    workspace: recovery.workspace,
    makeRoom: recovery.makeRoom,
  })
  try {
    settleLocked(recovery, lock)
    return await new UndoRun(input, lock).run(requireUndo(recovery, undoOf))
  } finally {
    lock.release()
  }
}

/** The open undo of a job of this workspace; throws `undo_unknown`. */
function requireUndo(place: RecoveryPlace, jobId: JobId): UndoRecord {
  const record = readUndo(place.folder, jobId)
  if (record?.journal.workspaceId === place.workspaceId) return record
  throw new AppError('undo_unknown', {
    message: `There is nothing to undo for ${jobId}: it replaced nothing in place, was undone already, or its time is over.`,
    hint: 'See what can be undone with `orchive undo --list`. The safety archive of a restore holds the same.',
    context: { jobId },
  })
}

class UndoRun {
  private readonly input: ExecuteUndoInput
  private readonly lock: RestoreLock
  private readonly tally: RestoreTally
  private readonly reports: StepReports
  private readonly startedMs = systemClock.monotonicMs()
  private journal: OpenJournal | null = null
  private safetyArchiveId: ArchiveId | null = null
  private prepared: { plan: UndoPlan; ground: SwapGround } | null = null

  constructor(input: ExecuteUndoInput, lock: RestoreLock) {
    this.input = input
    this.lock = lock
    this.tally = new RestoreTally(input.onProgress)
    this.reports = new StepReports(input.onStep)
  }

  async run(record: UndoRecord): Promise<UndoResult> {
    const { input, tally, reports, lock } = this
    const change = openChange(record)
    let areas: StagingArea[] = []
    try {
      tally.enter('stage', null, null)
      this.openJournal(record, 'staging', {
        bases: record.journal.bases,
        areas: plannedUndoAreas(change.areas, input.jobId),
        stepsFile: '',
        stepsCount: 0,
      })
      areas = makeUndoAreas(change.areas, input.jobId)
      const write = () => {
        const plan = writeUndoSteps(change, areas, record.journal)
        this.prepared = { plan, ground: { bases: change.bases, areas, steps: plan.steps } }
        return this.prepared
      }
      const { plan, ground } = write()
      if (plan.movedOnCount > 0 && !input.force) throw refused(record, plan)
      this.openJournal(record, 'staged', groundOf(ground))
      if (plan.movedOnCount > 0) await this.takeSafetyArchive()
      else reports.skip('safety', 'Nothing was changed since: all that goes is in the archive, and in the quarantine of this undo.')
      throwIfCancelled(input.signal)
      const { runtime, signal } = input
      const live = new LiveTransaction({ journal: this.journal, runtime, tally, reports, signal, beat: () => lock.beat() })
      await live.run(() => this.lookAgain(write))
      return this.finish(record)
    } catch (error) {
      throw this.giveUp(error, areas)
    } finally {
      this.prepared?.plan.steps.close()
      for (const area of areas) closeArea(area)
      change.close()
    }
  }

  private openJournal({ journal: before }: UndoRecord, phase: 'staging' | 'staged', ground: ReturnType<typeof groundOf>): void {
    const { recovery, jobId } = this.input
    const now = isoOf(recovery)
    this.journal ??= new OpenJournal(recovery)
    this.journal.begin({
      ...before,
      kind: 'undo',
      jobId,
      safetyArchiveId: null,
      undoOf: before.jobId,
      phase,
      startedAt: now,
      at: now,
      swappedAt: null,
      isTouched: false,
      isStopped: false,
      ...ground,
    })
  }

  private async takeSafetyArchive(): Promise<void> {
    const { input, tally, reports } = this
    if (!input.beforeSwap) return reports.skip('safety', 'No safety archive was asked for.')
    tally.enter('safety', null, null)
    await reports.run('safety', async () => {
      this.safetyArchiveId = await input.beforeSwap!()
      return this.safetyArchiveId === null ? 'None was taken.' : `${this.safetyArchiveId} holds what is there.`
    })
    this.journal!.enter(this.journal!.document.phase, { safetyArchiveId: this.safetyArchiveId })
  }

  /** What the orchestrator wrote until it stopped goes to quarantine as well, where the undo was to go over what changed; else it stops the undo. */
  private async lookAgain(writeAgain: () => { ground: SwapGround }): Promise<SwapGround> {
    const { input, reports, tally } = this
    tally.enter('second-look', null, null)
    await reports.run('second-look', async () => {
      const changed = changesOf(this.prepared!.ground)
      if (changed.count === 0) return 'What would be replaced is as it was when the undo was prepared.'
      if (!input.runtime || !input.force) throw movedOn(changed)
      const { steps } = this.prepared!.plan
      this.prepared = null
      steps.close()
      unlinkSync(fsPath(steps.path))
      const { ground } = writeAgain()
      this.journal!.enter(this.journal!.document.phase, { stepsCount: ground.steps.count })
      await this.takeSafetyArchive()
      return 'What was written while the orchestrator stopped is archived, and goes to quarantine, too.'
    })
    return this.prepared!.ground
  }

  private finish(record: UndoRecord): UndoResult {
    const { input, journal } = this
    const { plan, ground } = this.prepared!
    const { undo } = finishChange(input.recovery, journal!, ground)
    return {
      undone: record.journal.jobId,
      archiveId: record.journal.archiveId,
      broughtBack: plan.broughtBack,
      movedAway: plan.movedAway,
      movedOn: plan.movedOn,
      movedOnCount: plan.movedOnCount,
      safetyArchiveId: this.safetyArchiveId,
      undo: undo?.jobId ?? null,
      undoUntil: undo?.until ?? null,
      quarantinePath: undo ? textOfRaw(ground.areas[0]!.path) : null,
      steps: this.reports.list,
      durationMs: Math.round(systemClock.monotonicMs() - this.startedMs),
    }
  }

  private giveUp(error: unknown, areas: readonly StagingArea[]): AppError {
    const told = withSteps(targetError(error, areas[0]?.parent ?? '', 0), this.reports)
    if (told.context.isMixed === true) return told
    const { jobId } = this.input
    // Once validated it is live: whoever settles ends it.
    const phase = this.journal?.document.phase
    if (phase === 'validated' || phase === 'started') return told
    try {
      this.journal?.enter('rolled-back')
      if (!keepsFolder(error)) removeUndoAreas(areas, jobId)
      this.journal?.close('rolled-back')
    } catch {
      // What is left over is removed by whoever settles.
    }
    return told
  }
}

function openChange({ journal }: UndoRecord): ReturnType<typeof openGround> {
  try {
    return openGround(journal)
  } catch (error) {
    throw new AppError('undo_unknown', {
      message: `${journal.jobId} cannot be undone: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Nothing was changed. Restore its safety archive instead.',
      context: { jobId: journal.jobId, safetyArchiveId: journal.safetyArchiveId },
      cause: error,
    })
  }
}

const NAMED = 20

function refused({ journal }: UndoRecord, { movedOn, movedOnCount }: UndoPlan): AppError {
  const named = movedOn.slice(0, NAMED).map(({ path, what }) => `${path} (${what})`)
  const more = movedOnCount > named.length ? ` and ${formatCount(movedOnCount - named.length)} more` : ''
  return new AppError('undo_refused', {
    message: `The workspace moved on since ${journal.jobId}: ${named.join(', ')}${more}. Nothing was changed.`,
    hint: 'With --force what is there now goes to quarantine, after a safety archive, and what was there before comes back.',
    context: { jobId: journal.jobId, movedOn, movedOnCount },
  })
}
