import { cronFields } from './cron-fields.ts'
import type { HostTask } from './host-tasks.ts'

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** A file that goes into a folder of units. */
export interface UnitFile {
  name: string
  text: string
}

/** A service and a timer for each task of a workspace, run by `user`. Facts of the format: systemd.exec(5), systemd.time(7). */
export function systemdUnits(tasks: readonly HostTask[], workspace: string, user: string): UnitFile[] {
  return tasks.flatMap((task) => {
    const name = `orchive-${task.kind}-${unitName(workspace)}`
    return [
      { name: `${name}.service`, text: serviceText(task, user) },
      { name: `${name}.timer`, text: timerText(task) },
    ]
  })
}

function serviceText({ title, argv }: HostTask, user: string): string {
  return [
    '[Unit]',
    `Description=${title.replaceAll('%', '%%')} (Orchive)`,
    '',
    '[Service]',
    'Type=oneshot',
    `User=${user}`,
    `ExecStart=${argv.map(unitWord).join(' ')}`,
    '# 3 = done with warnings: the archive is there.',
    'SuccessExitStatus=3',
    'Nice=10',
    'IOSchedulingClass=idle',
    '',
  ].join('\n')
}

function timerText({ title, schedule, timeZone, jitterMinutes }: HostTask): string {
  return [
    '[Unit]',
    `Description=${title.replaceAll('%', '%%')}: ${schedule} in ${timeZone} (Orchive)`,
    '',
    '[Timer]',
    ...onCalendar(schedule, timeZone).map((line) => `OnCalendar=${line}`),
    '# A run that was missed is made up for once.',
    'Persistent=true',
    ...(jitterMinutes > 0 ? [`RandomizedDelaySec=${jitterMinutes}min`] : []),
    '',
    '[Install]',
    'WantedBy=timers.target',
    '',
  ].join('\n')
}

/** A cron expression as calendar events: one, or two where it names days of the month and of the week, since cron means either of them. */
export function onCalendar(schedule: string, timeZone: string): string[] {
  const { seconds, minutes, hours, days, months, weekdays } = cronFields(schedule)
  const list = (numbers: number[] | null) => numbers?.map((value) => String(value).padStart(2, '0')).join(',') ?? '*'
  const time = `${list(hours)}:${list(minutes)}:${list(seconds)} ${timeZone}`
  const byDate = `*-${list(months)}-${list(days)} ${time}`
  if (weekdays === null) return [byDate]
  const byWeekday = `${weekdays.map((day) => WEEKDAYS[day]).join(',')} *-${list(months)}-* ${time}`
  return days === null ? [byWeekday] : [byDate, byWeekday]
}

/** A word of a command line in a unit: quoted, and nothing in it expanded. */
function unitWord(word: string): string {
  const escaped = word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w/.:=@,+-]+$/.test(word) ? word : `"${escaped}"`
}

const unitName = (workspace: string) =>
  workspace
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'workspace'
