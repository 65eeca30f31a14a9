import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cronFields } from './cron-fields.ts'
import { cronLines } from './cron-lines.ts'
import { nextDue } from './due.ts'
import type { HostTask } from './host-tasks.ts'
import { onCalendar, systemdUnits } from './systemd-units.ts'

const ANALYZE = ['/usr/bin/systemd-analyze', '/bin/systemd-analyze'].find((path) => existsSync(path))

/** schedule · calendar events in Berlin */
const EVENTS: [schedule: string, events: string[]][] = [
  ['0 2 * * *', ['*-*-* 02:00:00 Europe/Berlin']],
  ['@weekly', ['Sun *-*-* 00:00:00 Europe/Berlin']],
  ['*/20 * * * *', ['*-*-* *:00,20,40:00 Europe/Berlin']],
  ['15,45 8-10 * * MON-FRI', ['Mon,Tue,Wed,Thu,Fri *-*-* 08,09,10:15,45:00 Europe/Berlin']],
  ['0 4 1 JAN,jul *', ['*-01,07-01 04:00:00 Europe/Berlin']],
  ['0 3 * * 7', ['Sun *-*-* 03:00:00 Europe/Berlin']],
  ['0 3 * * */2', ['Sun,Tue,Thu,Sat *-*-* 03:00:00 Europe/Berlin']],
  ['0 3 13 * 5', ['*-*-13 03:00:00 Europe/Berlin', 'Fri *-*-* 03:00:00 Europe/Berlin']],
  ['30 0 3 * * *', ['*-*-* 03:00:30 Europe/Berlin']],
]

test.each(EVENTS)('%s is %j for systemd', (schedule, events) => {
  expect(onCalendar(schedule, 'Europe/Berlin')).toEqual(events)
})

test.each(EVENTS)('the numbers of %s are those at which the console finds it due', (schedule) => {
  const { minutes, hours, days, months, weekdays } = cronFields(schedule)
  let ms = Date.parse('2026-01-01T00:00:00Z')
  for (let run = 0; run < 40; run++) {
    ms = nextDue(schedule, 'UTC', ms)!
    const at = new Date(ms)
    expect(minutes ?? [at.getUTCMinutes()]).toContain(at.getUTCMinutes())
    expect(hours ?? [at.getUTCHours()]).toContain(at.getUTCHours())
    expect(months ?? [at.getUTCMonth() + 1]).toContain(at.getUTCMonth() + 1)
    const isDay = days?.includes(at.getUTCDate()) ?? null
    const isWeekday = weekdays?.includes(at.getUTCDay()) ?? null
    expect(isDay === null && isWeekday === null ? true : isDay === true || isWeekday === true).toBe(true)
  }
})

test.each(['0 2 L * *', '0 2 * * 5#2', '0 2 15W * *', '0 0 2 1 1 * 2030', '0 2 * * FRIDAY'])(
  '%s is refused, with what to do',
  (schedule) => {
    expect(() => cronFields(schedule)).toThrow(expect.objectContaining({ code: 'invalid_input', hint: expect.stringContaining('console') }))
  },
)

const TASKS: HostTask[] = [
  {
    kind: 'backup',
    title: 'Back up 100 % "prod"',
    schedule: '30 1 * * 1-5',
    timeZone: 'Europe/Berlin',
    argv: ['/bin/true', 'backup', '--quiet', '--', '100 % "prod" $HOME'],
    jitterMinutes: 10,
  },
  { kind: 'drill', title: 'Drill', schedule: '0 4 1 * *', timeZone: 'UTC', argv: ['/bin/true', 'verify', 'latest'], jitterMinutes: 0 },
]

test('units quote what systemd would expand, and cron lines what cron and the shell would', () => {
  const [service, timer] = systemdUnits(TASKS, '100 % "prod"', 'backup')
  expect(service).toMatchObject({ name: 'orchive-backup-100-prod.service' })
  expect(service!.text).toContain('ExecStart=/bin/true backup --quiet -- "100 %% \\"prod\\" $$HOME"')
  expect(service!.text).toContain('User=backup')
  expect(timer!.text).toContain('OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 01:30:00 Europe/Berlin')
  expect(timer!.text).toContain('RandomizedDelaySec=10min')
  const cron = cronLines(TASKS.slice(0, 1), 'root', 'UTC')
  expect(cron).toContain('CRON_TZ=Europe/Berlin')
  expect(cron).toContain(`30 1 * * 1,2,3,4,5  root  /bin/true backup --quiet -- '100 \\% "prod" $HOME'`)
  expect(cronLines(TASKS.slice(1), 'root', 'UTC')).not.toContain('CRON_TZ')
})

test.runIf(ANALYZE)('systemd itself takes the units and finds the calendar events', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-units-'))
  try {
    const units = systemdUnits(TASKS, '100 % "prod"', 'root')
    for (const { name, text } of units) writeFileSync(join(folder, name), text)
    const paths = units.map(({ name }) => join(folder, name))
    // What it says of units of the host itself is not about these.
    const said = (() => {
      try {
        return execFileSync(ANALYZE!, ['verify', '--man=no', ...paths], {
          encoding: 'utf8',
          stdio: 'pipe',
          env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` },
        })
      } catch (error) {
        return String((error as { stderr: string }).stderr)
      }
    })()
    expect(said.split('\n').filter((line) => line.includes('orchive-'))).toEqual([])
    const events = EVENTS.flatMap(([schedule]) => onCalendar(schedule, 'Europe/Berlin'))
    execFileSync(ANALYZE!, ['calendar', ...events], { stdio: 'pipe' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
