import { type BackupOptionsRecord, changeBackupOptions, getBackupOptions } from '#db/console/tables/backup-options.ts'
import { getJob } from '#db/console/tables/jobs.ts'
import { getProofSchedule } from '#db/console/tables/proof-schedules.ts'
import { requireWorkspace, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { AppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { SchedulePreview, SetScheduleInput, WorkspaceSchedule } from '#lib/contracts/schedule.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { nextDue, scheduleProblem, zoneProblem } from './due.ts'
import { runStateOf } from './overdue.ts'
import { showProofSchedule, updateProofSchedule } from './proof-schedule.ts'

/** When a workspace is backed up and proven by itself, with the next runs. */
export function showSchedule(ctx: ServiceContext, workspaceId: WorkspaceId): WorkspaceSchedule {
  requireRight(ctx, 'list')
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  const { name, timeZone, schedule } = workspace
  const options = getBackupOptions(ctx.consoleDb, workspaceId)
  const { runBy, skipUnchanged, jitterMinutes, retries } = options
  return {
    ...{ workspaceId, workspace: name, timeZone, runBy, schedule, skipUnchanged, jitterMinutes, retries },
    ...runStateOf(ctx, workspace),
    ...retryOf(ctx, options),
    proofs: showProofSchedule(ctx, workspaceId),
  }
}

function retryOf(ctx: ServiceContext, { jobId, nextTryAt }: BackupOptionsRecord): Pick<WorkspaceSchedule, 'retryAt' | 'failedJobId'> {
  const hasFailed = jobId !== null && nextTryAt !== null && getJob(ctx.consoleDb, jobId)?.status === 'finished'
  return { retryAt: hasFailed ? nextTryAt : null, failedJobId: hasFailed ? jobId : null }
}

/** Changes when a workspace is backed up and proven; what is left out stays. Nothing is changed when any of it cannot be meant. */
export function setSchedule(ctx: ServiceContext, input: SetScheduleInput): WorkspaceSchedule {
  requireRight(ctx, 'settings')
  const { workspaceId, timeZone, schedule, verifySchedule, verifyLevel, verifyBudgetMinutes, drillSchedule, ...options } = input
  const before = requireWorkspace(ctx.consoleDb, workspaceId)
  const proofsBefore = getProofSchedule(ctx.consoleDb, workspaceId)
  const zone = timeZone ?? before.timeZone
  assertSchedules(zone, [
    schedule === undefined ? before.schedule : schedule,
    verifySchedule === undefined ? proofsBefore.verifySchedule : verifySchedule,
    drillSchedule === undefined ? proofsBefore.drillSchedule : drillSchedule,
  ])
  const given = <T extends object>(values: T) =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
  const proofs = given({ verifySchedule, verifyLevel, verifyBudgetMinutes, drillSchedule })
  const backups = given({ timeZone, schedule })
  const how = given(options)
  const now = new Date(ctx.clock.nowMs()).toISOString()
  inTransaction(ctx.consoleDb, () => {
    if (Object.keys(backups).length > 0) updateWorkspace(ctx.consoleDb, workspaceId, backups, now)
    if (Object.keys(how).length > 0) changeBackupOptions(ctx.consoleDb, workspaceId, how as Partial<BackupOptionsRecord>, now)
    if (Object.keys(backups).length + Object.keys(how).length > 0)
      record(ctx, 'workspace.schedule', { kind: 'workspace', id: workspaceId, workspaceId }, { ...backups, ...how })
    if (Object.keys(proofs).length > 0) updateProofSchedule(ctx, { workspaceId, ...proofs })
  })
  return showSchedule(ctx, workspaceId)
}

/** Throws `invalid_input` for a time zone that does not exist, and for a schedule that cannot be read or never comes due. */
export function assertSchedules(timeZone: string, schedules: readonly (string | null)[]): void {
  const zone = zoneProblem(timeZone)
  if (zone)
    throw new AppError('invalid_input', { message: zone, hint: 'Name one as the tz database does, such as `Europe/Berlin` or `UTC`.' })
  for (const schedule of schedules) {
    const problem = schedule === null ? null : scheduleProblem(schedule, timeZone)
    if (problem) throw new AppError('invalid_input', { message: problem, hint: 'Write a cron expression such as `0 2 * * *`.' })
  }
}

/** The next `count` times of a schedule in a time zone, with the local time in words; or why it cannot be meant. */
export function previewSchedule(ctx: ServiceContext, input: { schedule: string; timeZone: string; count: number }): SchedulePreview {
  requireRight(ctx, 'list')
  const { schedule, timeZone, count } = input
  const problem = zoneProblem(timeZone) ?? scheduleProblem(schedule, timeZone)
  if (problem) return { problem, runs: [] }
  const local = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' },
  })
  const runs: SchedulePreview['runs'] = []
  for (let at = nextDue(schedule, timeZone, ctx.clock.nowMs()); at !== null && runs.length < count; at = nextDue(schedule, timeZone, at))
    runs.push({ at: new Date(at).toISOString(), local: local.format(at) })
  return { problem: null, runs }
}
