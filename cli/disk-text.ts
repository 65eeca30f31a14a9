import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { DiskReport, OffloadPlan, StaysReason } from '#lib/contracts/disk.ts'
import type { RunbookStep } from '#lib/contracts/recover.ts'
import type { Output } from './output.ts'
import { table } from './table.ts'

/** A plan shows this many files to people; `--json` has all. */
const SHOWN_FILES = 30

/** The disk for people: file systems with their forecast, then what takes the space. */
export function printReport(out: Output, report: DiskReport): void {
  const systems = report.fileSystems.map(({ mountPath, totalBytes, freeBytes, growthPerDayBytes, daysUntilFull }) => [
    mountPath,
    formatBytes(freeBytes),
    formatBytes(totalBytes),
    growthPerDayBytes === null ? '-' : formatBytes(growthPerDayBytes),
    daysUntilFull === null ? '-' : formatCount(Math.floor(daysUntilFull)),
  ])
  out.table(['DISK', 'FREE', 'SIZE', 'GROWTH A DAY', 'DAYS UNTIL FULL'], systems, [1, 2, 3, 4])
  out.line(`Growth: ${report.growth.method}`)
  out.line()
  const rows = report.areas.flatMap((area) => [
    [area.label, formatCount(area.files), formatBytes(area.bytes), area.path ?? '-'],
    ...(area.role === 'repository' ? [] : area.groups.slice(0, 5)).map((group) => [
      `  ${group.name}`,
      formatCount(group.files),
      formatBytes(group.bytes),
      '',
    ]),
  ])
  out.table(['WHAT', 'FILES', 'SIZE', 'PATH'], rows, [1, 2])
  printProblems(out, report.problems)
}

const STAYS_WORDS: Record<StaysReason, string> = {
  young: 'not old enough',
  'recent-pack': 'packs that the policy keeps',
  fresh: 'written within the last 10 minutes',
  open: 'held open by a process (its space comes back only when that closes or truncates it)',
  'several-names': 'have another hard link, so deleting frees nothing',
  'linked-to': 'a symlink beside them leads there',
  'named-by-config': 'another key of the config names them',
  empty: 'empty',
  'not-archived': 'not yet in enough archives at L3 or better',
}

/** A plan for people: every file up to a number, why the others stay, and the space now and after. */
export function printOffloadPlan(out: Output, plan: OffloadPlan): void {
  const { totals, files, space, repository } = plan
  const rows = files.slice(0, SHOWN_FILES).map((file) => {
    const elsewhere = file.archives === 0 ? out.color.yellow('in no proven archive') : `in ${formatCount(file.archives)} proven`
    return [`  ${file.path}`, formatBytes(file.sizeBytes), file.mtime.slice(0, 10), elsewhere]
  })
  out.line(
    totals.files === 0 ? 'Nothing leaves the disk.' : `Leaves the disk: ${plural(totals.files, 'file')}, ${formatBytes(totals.bytes)}`,
  )
  for (const row of table(rows, [1])) out.line(row)
  if (files.length > SHOWN_FILES) out.line(`  … and ${formatCount(files.length - SHOWN_FILES)} more`)
  for (const [reason, { files: count, bytes }] of Object.entries(plan.stays)) {
    if (count > 0) out.line(`Stays: ${plural(count, 'file')}, ${formatBytes(bytes)}: ${STAYS_WORDS[reason as StaysReason]}`)
  }
  for (const { mountPath, freeBytes, freeAfterBytes } of space) {
    out.line(`Free on ${mountPath}: ${formatBytes(freeBytes)} now, at least about ${formatBytes(freeAfterBytes)} after.`)
  }
  if (totals.files > 0) {
    out.line(`The archive needs at most ${formatBytes(repository.neededBytes)}; ${formatBytes(repository.freeBytes)} are free for it.`)
    out.line(`Digest ${plan.digest}`)
  }
  printProblems(out, plan.problems)
}

/** The steps of a runbook, each with how it ended. */
export function printSteps(out: Output, steps: readonly RunbookStep[]): void {
  for (const [i, step] of steps.entries()) out.line(stepLine(out, step, i + 1))
}

/** One step on a line. */
export function stepLine({ color }: Output, { outcome, title, detail }: RunbookStep, number: number): string {
  const paint = { done: color.green, warning: color.yellow, failed: color.red, planned: color.dim, skipped: color.dim, running: color.dim }
  return `${number}. ${paint[outcome](outcome.padEnd(7))} ${title}${detail === '' ? '' : `: ${detail}`}`
}

function printProblems(out: Output, problems: OffloadPlan['problems']): void {
  for (const { severity, message } of problems)
    out.warn(severity === 'info' ? 'note' : severity === 'error' ? 'failed' : 'warning', message)
}
