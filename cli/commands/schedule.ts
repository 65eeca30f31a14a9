import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { commandText } from '#lib/base/command-text.ts'
import { AppError } from '#lib/base/errors.ts'
import { SetScheduleInput, type WorkspaceSchedule } from '#lib/contracts/schedule.ts'
import { cronLines } from '#lib/services/schedule/cron-lines.ts'
import { hostTasks } from '#lib/services/schedule/host-tasks.ts'
import { setPruneSchedule, showPruneSchedule } from '#lib/services/schedule/prune-schedule.ts'
import { systemdUnits } from '#lib/services/schedule/systemd-units.ts'
import { previewSchedule, setSchedule, showSchedule } from '#lib/services/schedule/workspace-schedule.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { wholeNumber } from '../options.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'

type Options = Record<string, unknown>
const SHOWN_RUNS = 3
const MOST_RUNS = 100
const NONE = 'none'

/** `schedule show [W]` */
export function show(run: Run, args: string[], options: Options): void {
  const count = options.runs === undefined ? SHOWN_RUNS : Math.min(MOST_RUNS, wholeNumber('--runs', options.runs))
  print(run, showSchedule(run.ctx, pickWorkspace(run.ctx, args[0]).id), count)
}

/** `schedule set [W]` */
export function set(run: Run, args: string[], options: Options): void {
  const { id } = pickWorkspace(run.ctx, args[0])
  const change = changeOf(options)
  if (Object.keys(change).length === 0)
    throw new AppError('usage', { message: 'Nothing to set was given.', hint: 'See orchive schedule set --help.' })
  const parsed = SetScheduleInput.safeParse({ workspaceId: id, ...change })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const option = OPTION_OF[String(issue?.path[0])] ?? String(issue?.path[0])
    throw new AppError('usage', { message: `${option}: ${issue?.message}.`, hint: 'See orchive schedule set --help.' })
  }
  const { data } = parsed
  print(run, setSchedule(run.ctx, data), SHOWN_RUNS)
}

/** `schedule prune [--at CRON]` */
export function prune({ ctx, out }: Run, _args: string[], options: Options): void {
  const { at, zone } = options
  const change = {
    ...(at === undefined ? {} : { schedule: at === NONE ? null : String(at) }),
    ...(zone === undefined ? {} : { timeZone: String(zone) }),
  }
  const schedule = Object.keys(change).length === 0 ? showPruneSchedule(ctx) : setPruneSchedule(ctx, change)
  if (out.isJson) return out.document(schedule)
  const { nextRunAt, timeZone, restsBecause } = schedule
  if (schedule.schedule === null || nextRunAt === null) return out.line('Nothing is pruned by itself.')
  out.line(`${schedule.schedule} in ${timeZone}, next ${shortTime(nextRunAt)}`)
  if (restsBecause !== null) out.warn('warning', `It would rest now. ${restsBecause}`)
}

/** Where the option is not called as the field. */
const OPTION_OF: Record<string, string> = {
  schedule: '--backup',
  verifySchedule: '--verify',
  verifyBudgetMinutes: '--verify-minutes',
  drillSchedule: '--drill',
  timeZone: '--zone',
  jitterMinutes: '--jitter',
  retries: '--retries',
}

function changeOf(options: Options): Record<string, unknown> {
  const cron = (value: unknown) => (value === NONE ? null : String(value))
  const number = (option: string) => (value: unknown) => wholeNumber(option, value)
  const as = (value: unknown) => String(value)
  const fields: [field: keyof SetScheduleInput, value: unknown, read: (value: unknown) => unknown][] = [
    ['schedule', options.backup, cron],
    ['verifySchedule', options.verify, cron],
    ['verifyLevel', options.verifyLevel, as],
    ['verifyBudgetMinutes', options.verifyMinutes, number('--verify-minutes')],
    ['drillSchedule', options.drill, cron],
    ['timeZone', options.zone, as],
    ['runBy', options.runBy, as],
    ['skipUnchanged', options.skipUnchanged, (value) => value === 'yes'],
    ['jitterMinutes', options.jitter, number('--jitter')],
    ['retries', options.retries, number('--retries')],
  ]
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined).map(([field, value, read]) => [field, read(value)]))
}

function print({ ctx, out }: Run, schedule: WorkspaceSchedule, count: number): void {
  const { timeZone, runBy, proofs } = schedule
  const runsOf = (cron: string | null) => (cron === null ? [] : previewSchedule(ctx, { schedule: cron, timeZone, count }).runs)
  const runs = { backup: runsOf(schedule.schedule), verify: runsOf(proofs.verifySchedule), drill: runsOf(proofs.drillSchedule) }
  if (out.isJson) return out.document({ ...schedule, runs })
  out.line(
    `${out.color.bold(schedule.workspace)}, in ${timeZone}; ${runBy === 'console' ? 'the console runs them' : 'this host runs them itself'}`,
  )
  const rows = [
    ['backup', schedule.schedule, runs.backup],
    ['verify', proofs.verifySchedule, runs.verify],
    ['drill', proofs.drillSchedule, runs.drill],
  ] as const
  out.table(
    ['WHAT', 'SCHEDULE', 'NEXT RUNS'],
    rows.map(([what, cron, next]) => [what, cron ?? '-', cron === null ? 'never by itself' : next.map(({ local }) => local).join('; ')]),
  )
  const { skipUnchanged, jitterMinutes, retries, overdueSince, retryAt } = schedule
  out.line(
    `${skipUnchanged ? 'No archive when nothing changed' : 'An archive each time'}; up to ${jitterMinutes} min after the time; ${retries} retries.`,
  )
  if (overdueSince) out.warn('warning', `A backup is overdue: the run of ${shortTime(overdueSince)} (UTC) did not happen.`)
  if (retryAt) out.warn('warning', `The last scheduled backup failed; it is tried again at ${shortTime(retryAt)} (UTC).`)
}

/** `schedule export systemd [W]` */
export function exportSystemd({ ctx, out }: Run, args: string[], options: Options): void {
  const workspace = pickWorkspace(ctx, args[0])
  const units = systemdUnits(hostTasks(ctx, workspace), workspace.name, userOf(options))
  if (options.output === undefined) {
    if (out.isJson) return out.document(units)
    for (const { name, text } of units) out.line(`# ${name}\n${text}`)
  } else {
    const folder = resolve(String(options.output))
    for (const { name, text } of units) writeFileSync(join(folder, name), text)
    if (out.isJson) return out.document(units)
    const timers = units.map(({ name }) => name).filter((name) => name.endsWith('.timer'))
    out.said(
      `Wrote ${units.length} units into ${folder}. Start them with: systemctl daemon-reload && systemctl enable --now ${timers.join(' ')}`,
    )
  }
  tellRunBy({ ctx, out }, workspace)
}

/** `schedule export cron [W]` */
export function exportCron({ ctx, out }: Run, args: string[], options: Options): void {
  const workspace = pickWorkspace(ctx, args[0])
  const text = cronLines(hostTasks(ctx, workspace), userOf(options), Intl.DateTimeFormat().resolvedOptions().timeZone)
  if (out.isJson) return out.document({ text })
  out.line(text.trimEnd())
  tellRunBy({ ctx, out }, workspace)
}

const userOf = (options: Options) => String(options.user ?? userInfo().username)

function tellRunBy({ ctx, out }: Pick<Run, 'ctx' | 'out'>, { id, name }: { id: `ws_${string}`; name: string }): void {
  if (showSchedule(ctx, id).runBy === 'host') return
  out.warn(
    'note',
    `The console runs them, too. Leave them to this host with: ${commandText(['orchive', 'schedule', 'set', name, '--run-by', 'host'])}`,
  )
}
