import { toAppError } from '#lib/base/errors.ts'
import type { RunbookStep } from '#lib/contracts/recover.ts'

/** What a step says of itself when it is through. */
export interface StepEvidence {
  outcome?: Extract<RunbookStep['outcome'], 'done' | 'warning' | 'skipped'>
  detail: string
}

interface StepsInput {
  /** In the order in which they run. */
  steps: readonly { id: string; title: string }[]
  monotonicMs(): number
  onStep(step: RunbookStep): void
}

/** The steps of a runbook as they run: each one tells when it begins and how it ended. */
export class RunbookSteps {
  private readonly input: StepsInput
  private readonly list: RunbookStep[]

  constructor(input: StepsInput) {
    this.input = input
    this.list = input.steps.map((step) => ({ ...step, outcome: 'skipped', detail: '', durationMs: null }))
  }

  get all(): RunbookStep[] {
    return this.list.map((step) => ({ ...step }))
  }

  /** Runs a step; one that fails says why, and the failure goes on. */
  async run<T>(id: string, work: () => Promise<[T, StepEvidence]>): Promise<T> {
    const startedMs = this.input.monotonicMs()
    const took = () => Math.round(this.input.monotonicMs() - startedMs)
    this.tell(id, { outcome: 'running', detail: '', durationMs: null })
    try {
      const [value, { outcome = 'done', detail }] = await work()
      this.tell(id, { outcome, detail, durationMs: took() })
      return value
    } catch (error) {
      this.tell(id, { outcome: 'failed', detail: toAppError(error).message, durationMs: took() })
      throw error
    }
  }

  /** Says of a step that it will not run, or only would. */
  note(id: string, outcome: 'planned' | 'skipped', detail: string): void {
    this.tell(id, { outcome, detail, durationMs: null })
  }

  private tell(id: string, change: Pick<RunbookStep, 'outcome' | 'detail' | 'durationMs'>): void {
    const step = this.list.find((one) => one.id === id)!
    Object.assign(step, change)
    this.input.onStep({ ...step })
  }
}
