import { systemClock } from '#lib/base/clock.ts'
import type { RestoreStep, RestoreStepName } from './restore-types.ts'

/** The steps of a restore or undo as they are told at its end: what was done, when, for how long, and what was seen. */
export class StepReports {
  readonly list: RestoreStep[] = []
  private readonly onStep: (step: RestoreStep) => void

  constructor(onStep: (step: RestoreStep) => void = () => {}) {
    this.onStep = onStep
  }

  /** Does a step; what it gives back is its message. A step that fails is told as failed, and throws on. */
  async run(name: RestoreStepName, work: () => string | Promise<string>): Promise<void> {
    const tell = this.begin(name)
    try {
      tell('done', await work())
    } catch (error) {
      tell('failed', messageOf(error))
      throw error
    }
  }

  /** The same for work that must not be interrupted. */
  runNow(name: RestoreStepName, work: () => string): void {
    const tell = this.begin(name)
    try {
      tell('done', work())
    } catch (error) {
      tell('failed', messageOf(error))
      throw error
    }
  }

  /** Says why a step was left out. */
  skip(name: RestoreStepName, message: string): void {
    this.add({ name, outcome: 'skipped', at: new Date(systemClock.realNowMs()).toISOString(), durationMs: 0, message })
  }

  private begin(name: RestoreStepName): (outcome: RestoreStep['outcome'], message: string) => void {
    const at = new Date(systemClock.realNowMs()).toISOString()
    const startedMs = systemClock.monotonicMs()
    return (outcome, message) => this.add({ name, outcome, at, durationMs: Math.round(systemClock.monotonicMs() - startedMs), message })
  }

  private add(step: RestoreStep): void {
    this.list.push(step)
    this.onStep(step)
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
