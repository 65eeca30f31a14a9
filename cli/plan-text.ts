import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { RestoreAction, RestoreLosses, RestorePlan } from '#lib/contracts/archive.ts'
import type { Output } from './output.ts'
import { table } from './table.ts'

const WORDS: Record<RestoreAction, string> = {
  create: 'create',
  overwrite: 'replace',
  same: 'same',
  attributes: 'attributes',
  skip: 'leave',
  conflict: 'conflict',
  extra: 'extra, stays',
  quarantine: 'to quarantine',
}

/** A plan shows this many of its lines to people; `--json` has more. */
const SHOWN = 40

/**
 * A restore plan for people: what goes where, how much, and line by line why. `review` is for somebody who decides; `going` is told while it
 * happens: nothing with --quiet, no list of what a fresh folder gets, no errors, since the run itself ends with them.
 */
export function printPlan(out: Output, plan: RestorePlan, when: 'review' | 'going'): void {
  const print = when === 'review' ? out.line : out.said
  print(plan.target === null ? 'In place:' : `Into ${plan.target}:`)
  const items = plan.items.map((item) => [`  ${item.label}`, countsText(item.counts), formatBytes(item.bytesToWrite), item.targetPath])
  for (const row of table(items, [2])) print(row)
  print(`${formatBytes(plan.bytesToWrite)} to write, ${formatBytes(plan.freeBytes)} free.`)
  if (when === 'review' || plan.target === null) printLines(out, plan, print)
  if (plan.losses) printLosses(out, plan.losses, print)
  for (const { severity, message } of plan.problems) {
    if (severity !== 'error') out.warn(severity === 'info' ? 'note' : 'warning', message)
    else if (when === 'review') out.warn('failed', message)
  }
}

/** What is there now and would be gone: it stays in quarantine and in the safety archive, and still somebody has to know. */
function printLosses({ color }: Output, losses: RestoreLosses, print: (text?: string) => void): void {
  const lists = losses.items.flatMap(({ label, lists: own }) => own.map((list) => ({ label, ...list })))
  const unknown = losses.items.filter(({ reason }) => reason !== null)
  if (lists.length + unknown.length + losses.files.count === 0) return
  print()
  print(color.yellow('What is there now and not in the archive:'))
  for (const { label, key, lostCount, changedCount } of lists)
    print(`  ${label}: ${formatCount(lostCount)} records of ${key} only there now, ${formatCount(changedCount)} changed`)
  for (const { label, reason } of unknown) print(`  ${label}: not compared. ${reason}`)
  if (losses.files.count > 0) print(`  ${formatCount(losses.files.count)} paths (${formatBytes(losses.files.bytes)}) that go to quarantine`)
}

function printLines({ color }: Output, plan: RestorePlan, print: (text?: string) => void): void {
  if (plan.linesTotal === 0) return
  const paint = (action: RestoreAction) => {
    if (action === 'create') return color.green(WORDS[action])
    return action === 'overwrite' || action === 'conflict' || action === 'quarantine' ? color.yellow(WORDS[action]) : WORDS[action]
  }
  print()
  for (const row of table(plan.lines.slice(0, SHOWN).map((line) => [`  ${paint(line.action)}`, line.targetPath, line.reason]))) print(row)
  const left = plan.linesTotal - Math.min(SHOWN, plan.lines.length)
  if (left > 0) print(`  … and ${formatCount(left)} more`)
}

function countsText(counts: Record<RestoreAction, number>): string {
  const parts = (Object.keys(WORDS) as RestoreAction[]).filter((action) => counts[action] > 0)
  return parts.map((action) => `${formatCount(counts[action])} ${WORDS[action]}`).join(', ') || 'nothing'
}
