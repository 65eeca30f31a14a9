import { commandText } from '#lib/base/command-text.ts'
import { AppError } from '#lib/base/errors.ts'
import { cronFields } from './cron-fields.ts'
import type { HostTask } from './host-tasks.ts'

/** The tasks of a workspace as a file for /etc/cron.d, run by `user`; `hostZone` is the zone that cron itself counts in. Format: crontab(5). */
export function cronLines(tasks: readonly HostTask[], user: string, hostZone: string): string {
  const zones = new Set(tasks.map(({ timeZone }) => timeZone).filter((zone) => zone !== hostZone))
  const head = [...zones].flatMap((zone) => [
    `# The times are of ${zone}, this host counts in ${hostZone}. Cronie goes by CRON_TZ; Debian’s cron does not know it: give it the host’s times.`,
    `CRON_TZ=${zone}`,
  ])
  const lines = tasks.flatMap((task) => [`# ${task.title}`, `${timesOf(task.schedule)}  ${user}  ${cronWord(commandText(task.argv))}`])
  return [...head, ...lines, ''].join('\n')
}

function timesOf(schedule: string): string {
  const { seconds, minutes, hours, days, months, weekdays } = cronFields(schedule)
  if (seconds.length !== 1 || seconds[0] !== 0) {
    throw new AppError('invalid_input', {
      message: `The schedule “${schedule}” names seconds, and cron only knows minutes.`,
      hint: 'Leave the seconds out, or export it for systemd.',
    })
  }
  return [minutes, hours, days, months, weekdays].map((numbers) => numbers?.join(',') ?? '*').join(' ')
}

/** cron ends a command at a percent sign unless it is escaped. */
const cronWord = (command: string) => command.replaceAll('%', '\\%')
