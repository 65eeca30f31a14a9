import { isAppError, toAppError } from '#lib/base/errors.ts'
import type { RunbookResult, RunbookStep } from '#lib/contracts/recover.ts'
import type { ServiceContext } from '../context.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'
import { plannedStep } from './step-titles.ts'

interface Plan<Id extends string> {
  runbook: RunbookResult['runbook']
  titles: Readonly<Record<Id, string>>
  /** Those that are to come, in their order; one that nobody names can still be done. */
  ahead: readonly Id[]
}

/**
 * Runs the steps of a runbook one after the other, dated. What is done, under way and still to come is the result so far, for whoever follows it. A step that
 * throws ends the runbook; the ones before it stand.
 */
export class Runbook<Id extends string> {
  /** Those that ended. */
  readonly steps: RunbookStep[] = []
  private readonly ctx: ServiceContext
  private readonly reporter: JobReporter
  private readonly plan: Plan<Id>
  private ahead: readonly Id[]

  constructor(ctx: ServiceContext, reporter: JobReporter, plan: Plan<Id>) {
    this.ctx = ctx
    this.reporter = reporter
    this.plan = plan
    this.ahead = plan.ahead
  }

  /** Does a step; what it returns as `message` is its evidence. */
  async step<T extends { message: string }>(id: Id, work: () => Promise<T>): Promise<T> {
    const startedMs = this.ctx.clock.monotonicMs()
    const at = this.now()
    const title = this.plan.titles[id]
    this.begin(id)
    this.tell({ id, title, outcome: 'running', detail: '', at, durationMs: null })
    const end = (outcome: RunbookStep['outcome'], message: string) => {
      const durationMs = Math.round(this.ctx.clock.monotonicMs() - startedMs)
      this.steps.push({ id, title, outcome, detail: message, at, durationMs })
      this.reporter.log(outcome === 'failed' ? 'error' : 'info', `${title}: ${message}`)
      this.tell()
    }
    try {
      const done = await work()
      end('done', done.message)
      return done
    } catch (error) {
      end('failed', toAppError(error).message)
      throw error
    }
  }

  skip(id: Id, detail: string): void {
    this.begin(id)
    this.steps.push({ id, title: this.plan.titles[id], outcome: 'skipped', detail, at: this.now(), durationMs: 0 })
  }

  /** Runs the whole; the steps that were taken go with the error of one that failed. */
  async run(work: () => Promise<Omit<RunbookResult, 'steps'>>): Promise<RunbookResult> {
    try {
      return { ...(await work()), steps: this.steps }
    } catch (error) {
      this.tell(null, 'Not reached.')
      if (isAppError(error)) Object.assign(error.context, { steps: this.steps })
      throw error
    }
  }

  /** What was to come before it and was not done is not to come any more. */
  private begin(id: Id): void {
    const at = this.ahead.indexOf(id)
    if (at >= 0) this.ahead = this.ahead.slice(at + 1)
  }

  private tell(running: RunbookStep | null = null, unreached: string | null = null): void {
    const ahead = this.ahead.map((id): RunbookStep => {
      const step = plannedStep(id, this.plan.titles[id], unreached ?? '')
      return unreached === null ? step : { ...step, outcome: 'skipped' }
    })
    const steps = [...this.steps, ...(running ? [running] : []), ...ahead]
    this.reporter.soFar({ runbook: this.plan.runbook, steps, preservedArchiveId: null, restore: null } satisfies RunbookResult)
  }

  private now(): string {
    return new Date(this.ctx.clock.realNowMs()).toISOString()
  }
}
