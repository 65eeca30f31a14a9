import { listJobs } from '#db/console/queries/list-jobs.ts'
import { requireJob } from '#db/console/tables/jobs.ts'
import { AppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import { type DrillReport, DrillReportSchema } from '#lib/contracts/drill.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'

/** Drills looked through for reports; one a month makes this many in years. */
const MOST_DRILLS = 100

/** The report of a drill. Throws `job_unknown`, and `job_state` for a job that has none. */
export function getDrillReport(ctx: ServiceContext, jobId: JobId): DrillReport {
  requireRight(ctx, 'list')
  const job = requireJob(ctx.consoleDb, jobId)
  const parsed = DrillReportSchema.safeParse(job.result)
  if (job.kind === 'drill' && parsed.success) return parsed.data
  const why = job.kind !== 'drill' ? 'is no drill' : job.status === 'finished' ? 'ended without a report' : 'is not finished'
  throw new AppError('job_state', {
    message: `${jobId} ${why}.`,
    hint: 'See the drills with `orchive evidence`.',
    context: { jobId },
  })
}

/** Reports of the drills of a workspace (null = of all), newest first; of the last `limit`. */
export function listDrillReports(ctx: ServiceContext, workspaceId: string | null, limit = MOST_DRILLS): DrillReport[] {
  requireRight(ctx, 'list')
  return listJobs(ctx.consoleDb, { kind: 'drill', status: 'finished', workspaceId, limit }).rows.flatMap(({ result }) => {
    const parsed = DrillReportSchema.safeParse(result)
    return parsed.success ? [parsed.data] : []
  })
}

/** The newest drill that has a report. */
export function newestDrill(ctx: ServiceContext): DrillReport {
  const [newest] = listDrillReports(ctx, null)
  if (newest) return newest
  throw new AppError('job_unknown', { message: 'No drill has been run yet.', hint: 'Run one with `orchive verify latest --level drill`.' })
}
