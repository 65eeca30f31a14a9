import { Option } from 'commander'
import type { Register } from '../program.ts'

const verbs = () => import('../commands/schedule.ts')
const LEVELS = ['bytes', 'structure', 'content', 'config']

/** Declares the verbs about what runs by itself, and when. */
export function registerSchedules(register: Register): void {
  register(
    'schedule show',
    'when a workspace is backed up and proven by itself, with the next runs',
    (command) => command.argument('[workspace]').option('--runs <count>', 'how many of the next runs (default: 3)'),
    ['orchive schedule show prod', 'orchive schedule show prod --runs 10'],
    async () => (await verbs()).show,
  )
  register(
    'schedule set',
    'change when a workspace is backed up and proven by itself',
    (command) =>
      command
        .argument('[workspace]')
        .option('--backup <cron>', 'when to back up, as a cron expression; none = never by itself')
        .option('--verify <cron>', 'when to verify the oldest proofs; none = never by itself')
        .addOption(new Option('--verify-level <level>', 'how deep').choices(LEVELS))
        .option('--verify-minutes <minutes>', 'begin no further archive after this long')
        .option('--drill <cron>', 'when to drill the newest known good archive; none = never by itself')
        .option('--zone <zone>', 'the time zone all of them count in, such as Europe/Berlin')
        .addOption(new Option('--run-by <who>', 'the console while it runs, or the host’s cron or systemd').choices(['console', 'host']))
        .addOption(new Option('--skip-unchanged <choice>', 'take no archive when nothing changed').choices(['yes', 'no']))
        .option('--jitter <minutes>', 'start up to this long after the time')
        .option('--retries <count>', 'so many times a backup that failed is tried again'),
    ['orchive schedule set prod --backup "30 1 * * *" --zone Europe/Berlin', 'orchive schedule set prod --drill none --retries 5'],
    async () => (await verbs()).set,
  )
  register(
    'schedule prune',
    'when prunes start by themselves',
    (command) =>
      command
        .option('--at <cron>', 'when, as a cron expression; none = by hand only')
        .option('--zone <zone>', 'the time zone it counts in, such as Europe/Berlin'),
    ['orchive schedule prune', 'orchive schedule prune --at "30 5 * * 0" --zone Europe/Berlin'],
    async () => (await verbs()).prune,
  )
  register(
    'schedule export systemd',
    'the schedules as units for systemd',
    (command) =>
      command
        .argument('[workspace]')
        .option('--output <dir>', 'write the files there (default: print them)')
        .option('--user <name>', 'who runs them (default: who asks)'),
    ['orchive schedule export systemd prod --output /etc/systemd/system'],
    async () => (await verbs()).exportSystemd,
  )
  register(
    'schedule export cron',
    'the schedules as lines for /etc/cron.d',
    (command) => command.argument('[workspace]').option('--user <name>', 'who runs them (default: who asks)'),
    ['orchive schedule export cron prod > /etc/cron.d/orchive-prod'],
    async () => (await verbs()).exportCron,
  )
}
