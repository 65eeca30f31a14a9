import { isAppError, toAppError } from '#lib/base/errors.ts'
import type { RunbookResult, RunbookStep } from '#lib/contracts/recover.ts'
import type { ServiceContext } from '../context.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'

/** Runs the steps of a runbook one after the other, dated, each told as it ends. A step that throws ends the runbook; the ones before it stand. */
export class Runbook {
  readonly steps: RunbookStep[] = []
  private readonly ctx: ServiceContext
  private readonly reporter: JobReporter

  constructor(ctx: ServiceContext, reporter: JobReporter) {
    this.ctx = ctx
    this.reporter = reporter
  }

  /** Does a step; what it returns as `message` is its evidence. */
  async step<T extends { message: string }>(id: string, title: string, work: () => Promise<T>): Promise<T> {
    const startedMs = this.ctx.clock.monotonicMs()
    const at = new Date(this.ctx.clock.realNowMs()).toISOString()
    const end = (outcome: RunbookStep['outcome'], message: string) => {
      const durationMs = Math.round(this.ctx.clock.monotonicMs() - startedMs)
      this.steps.push({ id, title, outcome, detail: message, at, durationMs })
      this.reporter.log(outcome === 'failed' ? 'error' : 'info', `${title}: ${message}`)
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

  skip(id: string, title: string, detail: string): void {
    const at = new Date(this.ctx.clock.realNowMs()).toISOString()
    this.steps.push({ id, title, outcome: 'skipped', detail, at, durationMs: 0 })
  }

  /** Runs the whole; the steps that were taken go with the error of one that failed. */
  async run(work: () => Promise<Omit<RunbookResult, 'steps'>>): Promise<RunbookResult> {
    try {
      return { ...(await work()), steps: this.steps }
    } catch (error) {
      if (isAppError(error)) Object.assign(error.context, { steps: this.steps })
      throw error
    }
  }
}

/** A step as a plan tells it. */
export const plannedStep = (id: string, title: string, detail: string): RunbookStep => ({
  id,
  title,
  outcome: 'planned',
  detail,
  at: null,
  durationMs: null,
})
