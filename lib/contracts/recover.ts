import { z } from 'zod'

/** One step of a runbook: what it was to do, how it ended and its evidence in one line. */
export const RunbookStepSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** `planned` = of a dry run; `skipped` = not needed, or not reached after a failure. */
  outcome: z.enum(['planned', 'running', 'done', 'warning', 'failed', 'skipped']),
  detail: z.string(),
  /** Null = it did not run. */
  durationMs: z.number().nullable(),
})
export type RunbookStep = z.infer<typeof RunbookStepSchema>
