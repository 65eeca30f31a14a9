import { formatCount } from '#lib/base/units.ts'
import type { FieldChange, ListDiff, RecordChange, RecordDiff } from '#lib/contracts/compare.ts'
import type { Output } from './output.ts'

type Colors = Output['color']

/** A value is cut after this many characters. */
const VALUE_CHARACTERS = 120

/** A difference of records as people read it. */
export function recordLines(diff: RecordDiff, color: Colors): string[] {
  const lines = diff.values.map((change) => fieldLine(change, color, ''))
  for (const list of diff.lists) lines.push(...listLines(list, color))
  if (lines.length === 0) lines.push(`${diff.path} says the same on both sides.`)
  if (diff.maskedSecrets > 0) lines.push(color.dim(`Secrets are masked: ${diff.maskedSecrets}.`))
  return lines
}

function listLines(list: ListDiff, color: Colors): string[] {
  const counts = `+${formatCount(list.addedCount)} ~${formatCount(list.changedCount)} −${formatCount(list.lostCount)}`
  const by = list.identity === null ? 'by all of their content' : `by ${list.identity}`
  const lines = [`${color.bold(list.key || 'records')}  ${counts}  ${color.dim(`${by}, ${list.lengthBefore} → ${list.lengthAfter}`)}`]
  for (const change of list.lost) lines.push(`  ${color.red('−')} ${called(change, color)}`)
  for (const change of list.changed) {
    lines.push(`  ${color.yellow('~')} ${called(change, color)}`, ...change.fields.map((field) => fieldLine(field, color, '      ')))
  }
  for (const change of list.added) lines.push(`  ${color.green('+')} ${called(change, color)}`)
  const shown = list.added.length + list.lost.length + list.changed.length
  const all = list.addedCount + list.lostCount + list.changedCount
  if (shown < all) lines.push(color.dim(`  … ${formatCount(all - shown)} more`))
  if (list.olderThanCap > 0) lines.push(color.dim(`  ${formatCount(list.olderThanCap)} older records were dropped by the list’s cap.`))
  return lines
}

const called = ({ id, title, at }: RecordChange, color: Colors) =>
  [id, title, at === null ? null : color.dim(at)].filter((part) => part !== null).join('  ')

function fieldLine({ path, before, after }: FieldChange, color: Colors, indent: string): string {
  const name = path === '' ? '(the whole)' : path
  if (before === undefined) return `${indent}${color.green('+')} ${name}: ${short(after)}`
  if (after === undefined) return `${indent}${color.red('−')} ${name}: ${short(before)}`
  return `${indent}${color.yellow('~')} ${name}: ${color.red(short(before))} → ${color.green(short(after))}`
}

function short(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length <= VALUE_CHARACTERS ? text : `${text.slice(0, VALUE_CHARACTERS)}…`
}
