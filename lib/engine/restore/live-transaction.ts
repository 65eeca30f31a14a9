/**
 * What a restore and an undo have in common once their new content is prepared: stop → prove it → look again → swap → validate → start → healthy.
 * Before the swap a failure touches nothing; from its first rename on a failure takes everything back, and signals wait until it is over.
 */

import { systemClock } from '#lib/base/clock.ts'
import { type AppError, isAppError } from '#lib/base/errors.ts'
import { plural } from '#lib/base/plural.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { holdSignals } from './hold-signals.ts'
import type { OpenJournal } from './journal.ts'
import type { RestoreTally } from './restore-tally.ts'
import { canStop, type Evidence, type RuntimePort, type StopProof } from './runtime-port.ts'
import type { StepReports } from './step-reports.ts'
import { notPutBackError, putBackError, Swap, type SwapGround } from './swap.ts'
import { type PutBack, TakeBack } from './take-back.ts'
import { validatedText, validateSwap } from './validate-swap.ts'

export interface LiveTransactionOptions {
  /** Null for a restore that replaces nothing of a workspace. */
  journal: OpenJournal | null
  runtime: RuntimePort | undefined
  tally: RestoreTally
  reports: StepReports
  signal: AbortSignal | undefined
  /** Shows others that this process lives, while it lets no timer run. */
  beat: () => void
}

const NO_RUNTIME = 'No runtime is configured: stopping and starting the orchestrator is up to whoever restores.'

/** One pass through the live part of a restore or undo. */
export class LiveTransaction {
  private readonly options: LiveTransactionOptions
  private isStopped = false

  constructor(options: LiveTransactionOptions) {
    this.options = options
  }

  /** Everything from the stop to the healthy start. When this returns, the new content is live; when it throws, the old is, as the error says. */
  async run(look: () => Promise<SwapGround>): Promise<void> {
    const release = holdSignals()
    try {
      const ground = await this.swapIn(look)
      try {
        this.validate(ground)
        await this.start()
      } catch (error) {
        throw await this.rollBack(ground, error)
      }
    } finally {
      release()
    }
  }

  private async swapIn(look: () => Promise<SwapGround>): Promise<SwapGround> {
    try {
      await this.stop()
      const ground = await look()
      await this.swap(ground)
      return ground
    } catch (error) {
      // A swap that could not be taken back is left for settling, and nothing must run on it. What did not stop would run twice.
      const isLeft = isAppError(error) && (error.context.isMixed === true || error.code === 'runtime_not_stopped')
      if (!isLeft) await this.startAgain()
      throw error
    }
  }

  private async stop(): Promise<void> {
    const { runtime, reports, tally, journal, signal } = this.options
    throwIfCancelled(signal)
    if (canStop(runtime)) {
      journal?.enter('staged', { isStopped: true })
      this.isStopped = true
      tally.enter('stop', null, null)
      await reports.run('stop', async () => saidBy(await runtime.stop({ signal })))
    } else reports.skip('stop', NO_RUNTIME)
    if (!runtime) return reports.skip('prove-stopped', NO_RUNTIME)
    tally.enter('prove-stopped', null, null)
    await reports.run('prove-stopped', async () => saidBy(await runtime.proveStopped({ signal })))
    journal?.enter('stopped')
  }

  private async swap(ground: SwapGround): Promise<void> {
    const { reports, tally, journal, signal, beat } = this.options
    throwIfCancelled(signal)
    tally.enter('swap', ground.steps.count, null)
    journal?.enter('swapping')
    await reports.run('swap', () => {
      const swap = new Swap(ground)
      try {
        swap.run((step) => {
          beat()
          tally.step(step.path)
        })
      } finally {
        swap.close()
      }
      return `${plural(ground.steps.count, 'step')} taken.`
    })
  }

  private validate(ground: SwapGround): void {
    const { reports, tally, journal, beat } = this.options
    journal?.enter('swapped', { swappedAt: new Date(systemClock.realNowMs()).toISOString() })
    tally.enter('validate', ground.steps.count, null)
    const work = () => {
      const read = validateSwap(ground, (step) => {
        beat()
        tally.step(step.path)
      })
      return validatedText(read)
    }
    reports.runNow('validate', work)
    journal?.enter('validated')
  }

  private async start(): Promise<void> {
    const { runtime, reports, tally, journal } = this.options
    if (!canStop(runtime)) {
      reports.skip('start', NO_RUNTIME)
      reports.skip('health', NO_RUNTIME)
      return
    }
    // Not cancelled any more: half a start helps nobody.
    tally.enter('start', null, null)
    await reports.run('start', async () => saidBy(await runtime.start()))
    this.isStopped = false
    journal?.enter('started', { isStopped: false })
    tally.enter('health', null, null)
    await reports.run('health', async () => saidBy(await runtime.awaitHealthy()))
  }

  /** The error to throw once everything is as it was. */
  private async rollBack(ground: SwapGround, why: unknown): Promise<AppError> {
    const { runtime, reports, tally, journal, beat } = this.options
    tally.enter('roll-back', ground.steps.count, null)
    const back = new TakeBack(ground)
    try {
      journal?.enter('rolling-back')
      if (canStop(runtime) && !this.isStopped) await this.stopAgain(runtime)
      let putBack: PutBack = { isKept: false, notes: [] }
      reports.runNow('roll-back', () => {
        putBack = back.run(ground.steps.count, beat)
        return 'What was there before is back.'
      })
      await this.startAgain()
      return putBackError(why, null, putBack)
    } catch (error) {
      return notPutBackError(why, error, ground.areas)
    } finally {
      back.close()
    }
  }

  private async stopAgain(runtime: RuntimePort): Promise<void> {
    this.options.journal?.enter('rolling-back', { isStopped: true })
    await this.options.reports.run('stop', async () => saidBy(await runtime.stop()))
    await this.options.reports.run('prove-stopped', async () => saidBy(await runtime.proveStopped()))
    this.isStopped = true
  }

  /** After a failure: what was stopped runs again. That it does not is told, and hides nothing. */
  private async startAgain(): Promise<void> {
    const { runtime, reports, tally } = this.options
    if (!canStop(runtime) || !this.isStopped) return
    this.isStopped = false
    tally.enter('start', null, null)
    try {
      await reports.run('start', async () => saidBy(await runtime.start()))
      this.noteRunning()
      await reports.run('health', async () => saidBy(await runtime.awaitHealthy()))
    } catch {
      // The report says so.
    }
  }

  /** Whoever settles need not tell people to start it. */
  private noteRunning(): void {
    const { journal } = this.options
    try {
      journal?.enter(journal.document.phase, { isStopped: false })
    } catch {
      // Then it is told once too often.
    }
  }
}

function saidBy(seen: Evidence | StopProof): string {
  return 'evidence' in seen ? seen.evidence.map(({ message }) => message).join(' ') : seen.message
}
