/** What restore and undo both say of the ground of their swap. */
import { AppError } from '#lib/base/errors.ts'
import { formatCount } from '#lib/base/units.ts'
import { textOfRaw } from '../raw-path.ts'
import type { StepReports } from './step-reports.ts'
import { Swap, type SwapGround } from './swap.ts'

/** What a journal says of the ground. */
export function groundOf({ bases, areas, steps }: SwapGround) {
  return {
    bases: bases.map(textOfRaw),
    areas: areas.map(({ parent, path, source }) => ({ parent: textOfRaw(parent), path: textOfRaw(path), source: textOfRaw(source.base) })),
    stepsFile: textOfRaw(steps.path),
    stepsCount: steps.count,
  }
}

/** Planned paths that are not as they were planned. */
export function changesOf(ground: SwapGround): { first: string[]; count: number } {
  const swap = new Swap(ground)
  try {
    return swap.changes()
  } finally {
    swap.close()
  }
}

/** What is said when live changed after the plan. */
export function movedOn({ first, count }: { first: string[]; count: number }): AppError {
  const more = count > 1 ? ` and ${formatCount(count - 1)} more` : ''
  return new AppError('plan_stale', {
    message: `${first[0]}${more} changed after the restore was planned; nothing was changed by it.`,
    hint: 'If the orchestrator is running, stop it first; then look at the plan again.',
    context: { path: first[0], paths: first, changed: count },
  })
}

/** The error with the steps up to it. */
export function withSteps(error: AppError, reports: StepReports): AppError {
  const { code, message, hint, retryable, context, cause } = error
  return new AppError(code, { message, hint, retryable, context: { ...context, steps: reports.list }, cause })
}
