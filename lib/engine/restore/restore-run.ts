/** The way of a restore over something that is there: stage beside it, safety archive, then the live transaction with its journal. */

import { type AppError, isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { joinRaw, type RawPath, textOfRaw } from '../raw-path.ts'
import { changesOf, groundOf, movedOn, withSteps } from './change-ground.ts'
import type { ExecuteRestoreInput } from './execute-restore.ts'
import { targetError } from './file-failure.ts'
import { finishChange, keepsFolder } from './finish-change.ts'
import { isoOf, OpenJournal } from './journal.ts'
import { LiveTransaction } from './live-transaction.ts'
import { MountPoints } from './mount-points.ts'
import { type PreparedPlan, preparePlan } from './plan-restore.ts'
import { writeQuarantineRecord } from './quarantine-record.ts'
import type { RestoreLock } from './restore-lock.ts'
import { type RestoreTally, tallyWarning } from './restore-tally.ts'
import { canStop } from './runtime-port.ts'
import { stageRestore } from './stage-restore.ts'
import { StagingAreas } from './staging-areas.ts'
import type { StepReports } from './step-reports.ts'
import type { SwapGround } from './swap.ts'

export interface RestoreRunOptions {
  input: ExecuteRestoreInput
  tally: RestoreTally
  reports: StepReports
  lock: RestoreLock | null
}

export interface RestoreRunResult {
  safetyArchiveId: ArchiveId | null
  quarantinePath: string | null
  undoUntil: string | null
  isUndoable: boolean
}

/** What was staged for one look at the live side. */
interface Staged {
  prepared: PreparedPlan
  areas: StagingAreas
  ground: SwapGround
}

/** One restore, from staging to its end. */
export class RestoreRun {
  private readonly options: RestoreRunOptions
  private safetyArchiveId: ArchiveId | null = null
  private staged: Staged | null = null
  private journal: OpenJournal | null = null

  constructor(options: RestoreRunOptions) {
    this.options = options
  }

  async run(prepared: PreparedPlan): Promise<RestoreRunResult> {
    const { input, tally, reports, lock } = this.options
    try {
      await this.stage(prepared)
      await this.takeSafetyArchive()
      throwIfCancelled(input.signal)
      const { runtime, signal } = input
      const live = new LiveTransaction({ journal: this.journal, runtime, tally, reports, signal, beat: () => lock?.beat() })
      await live.run(() => this.lookAgain())
      return this.finish()
    } catch (error) {
      throw this.giveUp(error)
    } finally {
      this.staged?.ground.steps.close()
      this.staged?.areas.close()
    }
  }

  private async stage(prepared: PreparedPlan): Promise<void> {
    const { input, tally, reports } = this.options
    const { plan, destinations } = prepared
    const onMake = (parent: RawPath, path: RawPath) => this.noteArea(prepared, parent, path)
    const areas = new StagingAreas(input.jobId, destinations, MountPoints.read(), onMake)
    tally.enter('stage', prepared.files, plan.bytesToWrite)
    input.onLog?.(`Staging ${plural(prepared.files, 'file')}, ${formatBytes(plan.bytesToWrite)}.`)
    await reports.run('stage', async () => {
      try {
        const steps = await stageRestore({ input, prepared, areas, tally })
        const bases = destinations.bases.map(({ path }) => path)
        this.staged = { prepared, areas, ground: { bases, areas: areas.areas, steps } }
      } catch (error) {
        const parent = areas.areas[0]?.parent ?? destinations.bases[0]!.path
        areas.remove('all')
        this.closeUntouched()
        throw targetError(error, parent, plan.bytesToWrite)
      }
      return `${plural(tally.provenFiles, 'file')} written beside what is live, each read back and equal to its SHA-256.`
    })
    if (this.journal) this.writeJournal(prepared, groundOf(this.staged!.ground), 'staged')
  }

  /** Before a working folder is made: whoever comes after a crash knows of it. */
  private noteArea(prepared: PreparedPlan, parent: RawPath, path: RawPath): void {
    if (!this.options.input.recovery || this.options.input.target !== null) return
    const known = this.journal?.document.areas.filter((area) => area.path !== textOfRaw(path)) ?? []
    const area = { parent: textOfRaw(parent), path: textOfRaw(path), source: textOfRaw(joinRaw(path, 'staged')) }
    const bases = prepared.destinations.bases.map((base) => textOfRaw(base.path))
    this.writeJournal(prepared, { bases, areas: [...known, area], stepsFile: '', stepsCount: 0 }, 'staging')
  }

  /** Once the orchestrator was stopped the phase stays, whatever is staged again. */
  private writeJournal(prepared: PreparedPlan, ground: ReturnType<typeof groundOf>, phase: 'staging' | 'staged'): void {
    const { input } = this.options
    const place = input.recovery!
    const now = isoOf(place)
    const before = this.journal?.document
    const journal = this.journal ?? new OpenJournal(place)
    journal.begin({
      version: 1,
      kind: 'restore',
      jobId: input.jobId,
      workspaceId: place.workspaceId,
      workspace: place.workspace,
      archiveId: input.manifest.id,
      safetyArchiveId: this.safetyArchiveId,
      undoOf: null,
      items: prepared.plan.items.map(({ key, label, targetPath }) => ({ key, label, targetPath })),
      phase: before?.phase === 'stopped' ? 'stopped' : phase,
      startedAt: before?.startedAt ?? now,
      at: now,
      swappedAt: null,
      isTouched: false,
      isStopped: before?.isStopped ?? false,
      ...ground,
    })
    this.journal = journal
  }

  private async takeSafetyArchive(): Promise<void> {
    const { input, tally, reports } = this.options
    if (input.target !== null || !input.beforeSwap) {
      reports.skip('safety', 'No safety archive was asked for.')
      return
    }
    tally.enter('safety', null, null)
    await reports.run('safety', async () => {
      this.safetyArchiveId = await input.beforeSwap!(this.staged!.prepared.plan)
      return this.safetyArchiveId === null ? 'None was taken.' : `${this.safetyArchiveId} holds what is there.`
    })
    this.journal?.enter(this.journal.document.phase, { safetyArchiveId: this.safetyArchiveId })
  }

  /**
   * The second safety pass: each path that would be replaced is looked at again, critical ones are read. What only changed because the
   * orchestrator stopped is staged and archived anew, unless other records or paths would be lost than before.
   */
  private async lookAgain(): Promise<SwapGround> {
    const { input, tally, reports } = this.options
    tally.enter('second-look', null, null)
    await reports.run('second-look', async () => {
      const { prepared, ground } = this.staged!
      const changed = changesOf(ground)
      if (changed.count === 0) return 'What would be replaced is as it was planned.'
      if (!canStop(input.runtime)) throw movedOn(changed)
      const again = await preparePlan({ ...input, stopsRuntime: true })
      if (again.stake !== prepared.stake) throw movedOn(changed)
      await this.stageAgain(again)
      const still = changesOf(this.staged!.ground)
      if (still.count > 0) throw movedOn(still)
      return `${formatCount(changed.count)} paths were written while the orchestrator stopped; nothing else would be lost. Staged and archived again.`
    })
    return this.staged!.ground
  }

  private async stageAgain(prepared: PreparedPlan): Promise<void> {
    const before = this.staged!
    this.staged = null
    before.ground.steps.close()
    before.areas.remove('all')
    this.options.tally.restart()
    await this.stage(prepared)
    await this.takeSafetyArchive()
  }

  private finish(): RestoreRunResult {
    const { input, tally } = this.options
    const { ground, areas, prepared } = this.staged!
    const quarantinePath = textOfRaw(areas.areas[0]!.path)
    const { safetyArchiveId, journal } = this
    if (journal === null) {
      const head = { jobId: input.jobId, archiveId: prepared.plan.archiveId, safetyArchiveId, target: prepared.plan.target }
      const record = writeQuarantineRecord(head, ground)
      tally.quarantinedFiles = record.kept
      const isKept = record.moves > 0
      areas.remove(isKept ? 'staged' : 'all')
      return {
        safetyArchiveId,
        quarantinePath: isKept ? quarantinePath : null,
        undoUntil: null,
        isUndoable: isKept && input.target === null,
      }
    }
    try {
      const { kept, undo } = finishChange(input.recovery!, journal, ground)
      tally.quarantinedFiles = kept
      return { safetyArchiveId, quarantinePath: undo && quarantinePath, undoUntil: undo?.until ?? null, isUndoable: undo !== null }
    } catch (error) {
      // It is live and proven; the journal stays open, and whoever settles it makes the undo.
      const why = error instanceof Error ? error.message : String(error)
      tallyWarning(tally, quarantinePath, 'undo_not_recorded', `The restore is done, but its undo could not be recorded yet: ${why}`)
      return { safetyArchiveId, quarantinePath, undoUntil: null, isUndoable: false }
    }
  }

  /** Nothing is left of what was staged, and nothing live was touched. */
  private closeUntouched(): void {
    try {
      this.journal?.close('rolled-back')
    } catch {
      // Whoever settles finds nothing to do.
    }
  }

  /** Nothing live was changed, or it was put back: nothing of the restore stays, except what nobody else has. */
  private giveUp(error: unknown): AppError {
    const { input, reports } = this.options
    // Staging has cleared away after itself.
    if (this.staged === null && isAppError(error)) return withSteps(error, reports)
    const parent = this.staged?.areas.areas[0]?.parent ?? ''
    const failure = targetError(error, parent, this.staged?.prepared.plan.bytesToWrite ?? 0)
    const told = withSteps(failure, reports)
    if (isAppError(error) && error.context.isMixed === true) return told
    try {
      this.journal?.enter('rolled-back')
      this.staged?.areas.remove(keepsFolder(error) ? 'staged' : 'all')
      this.journal?.close('rolled-back')
    } catch (cause) {
      // What is left over is removed by whoever settles.
      input.onLog?.(`Not everything could be cleared away: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
    return told
  }
}
