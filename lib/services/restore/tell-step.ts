import type { RestoreStep } from '#lib/engine/restore/restore-types.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'

/** Puts a step of a restore or undo into the job's log; what was left out stands only in the result. */
export function tellStep(reporter: JobReporter, { name, outcome, message }: RestoreStep): void {
  if (outcome !== 'skipped') reporter.log(outcome === 'failed' ? 'warning' : 'info', `${name}: ${message}`)
}
