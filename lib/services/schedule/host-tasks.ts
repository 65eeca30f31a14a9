import { getBackupOptions } from '#db/console/tables/backup-options.ts'
import { getProofSchedule } from '#db/console/tables/proof-schedules.ts'
import { listReplicas } from '#db/console/tables/replicas.ts'
import { getRetentionSettings } from '#db/console/tables/retention.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import type { ServiceContext } from '../context.ts'
import { showPruneSchedule } from './prune-schedule.ts'

/** Something that a host's own scheduler is to run. */
export interface HostTask {
  kind: 'backup' | 'verify' | 'drill' | 'propose' | 'replicate' | 'prune' | 'mirror'
  title: string
  /** A cron expression in `timeZone`. */
  schedule: string
  timeZone: string
  /** The command and its arguments. */
  argv: string[]
  jitterMinutes: number
}

/** A backup that finds the repository in use waits for as long. */
const WAIT_SECONDS = 3600

/** What the schedules of a workspace mean as commands, for cron or systemd; what is not scheduled is left out. */
export function hostTasks(ctx: ServiceContext, { id, name, schedule, timeZone }: WorkspaceRecord): HostTask[] {
  const { skipUnchanged, jitterMinutes } = getBackupOptions(ctx.consoleDb, id)
  const { verifySchedule, verifyLevel, verifyBudgetMinutes, drillSchedule } = getProofSchedule(ctx.consoleDb, id)
  const program = (verb: string) => [ctx.launcher, verb, '--quiet', '--home', ctx.paths.home]
  const tasks: (Omit<HostTask, 'schedule' | 'timeZone'> & { schedule: string | null })[] = [
    {
      kind: 'backup',
      title: `Back up ${name}`,
      schedule,
      argv: [...program('backup'), '--wait', String(WAIT_SECONDS), ...(skipUnchanged ? ['--skip-unchanged'] : []), '--', name],
      jitterMinutes,
    },
    {
      kind: 'verify',
      title: `Verify what is due of ${name}`,
      schedule: verifySchedule,
      argv: [...program('verify'), '--due', '--level', verifyLevel, '--budget', String(verifyBudgetMinutes), `--workspace=${name}`],
      jitterMinutes: 0,
    },
    {
      kind: 'drill',
      title: `Drill the newest archive of ${name}`,
      schedule: drillSchedule,
      argv: [...program('verify'), 'latest', '--level', 'drill', `--workspace=${name}`],
      jitterMinutes: 0,
    },
    {
      kind: 'propose',
      title: `Propose what retention lets go of ${name}`,
      schedule: getRetentionSettings(ctx.consoleDb, id).schedule,
      argv: [ctx.launcher, 'retention', 'propose', '--quiet', '--home', ctx.paths.home, '--note=By schedule', '--', name],
      jitterMinutes: 0,
    },
  ]
  const scheduled = tasks.flatMap((task) => (task.schedule === null ? [] : [{ ...task, schedule: task.schedule, timeZone }]))
  const copies = listReplicas(ctx.consoleDb, id).length > 0 ? [{ ...syncTask(ctx, name), timeZone }] : []
  return scheduled.length === 0 ? copies : [...scheduled, ...copies, ...pruneTask(ctx), { ...mirrorTask(ctx), timeZone }]
}

/** The prune of the home, which each of its workspaces brings along: a second one that finds nothing to do is harmless. */
function pruneTask(ctx: ServiceContext): HostTask[] {
  const { schedule, timeZone } = showPruneSchedule(ctx)
  const argv = [ctx.launcher, 'prune', '--quiet', '--home', ctx.paths.home, '--by-schedule', '--wait', String(WAIT_SECONDS)]
  const task = { kind: 'prune' as const, title: 'Prune the repository', timeZone, argv, jitterMinutes: 0 }
  return schedule === null ? [] : [{ ...task, schedule }]
}

/** What is due of the copies is looked for often, since a backup may take long. */
function syncTask(ctx: ServiceContext, name: string): Omit<HostTask, 'timeZone'> {
  const argv = [ctx.launcher, 'replica', 'sync', '--due', '--quiet', '--home', ctx.paths.home, `--workspace=${name}`]
  return { kind: 'replicate', title: `Copy what is new of ${name}`, schedule: '*/10 * * * *', argv, jitterMinutes: 0 }
}

/** A console without a scheduler of its own copies no audit log either. */
function mirrorTask(ctx: ServiceContext): Omit<HostTask, 'timeZone'> {
  const argv = [ctx.launcher, 'audit', 'mirror', '--quiet', '--home', ctx.paths.home]
  return { kind: 'mirror', title: 'Copy the audit log beside the archives', schedule: '17 * * * *', argv, jitterMinutes: 0 }
}
