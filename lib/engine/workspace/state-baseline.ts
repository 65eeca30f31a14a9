/**
 * Tells a state file that is fine from one that is torn, reset or cut down. The runtime overwrites the file in place, so a reader can
 * meet half of it; and on a parse error it carries on with an empty default, whose first save destroys the evidence. A state that
 * suddenly shrank is therefore the signal of an incident. Histories are capped, never emptied, by the runtime; queues run empty daily.
 */

import { lineAndColumn, scanJson } from '#lib/base/scan-json.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { Finding } from '../finding.ts'
import { STATE_LISTS } from './item-keys.ts'

/** What a later archive compares a JSON item with. */
export interface Baseline {
  sizeBytes: number
  /** Length of each top-level list. */
  lists: Record<string, number>
}

export interface JsonMeasure extends Baseline {
  /** One whole JSON text. */
  ok: boolean
  /** Why not; `isCutShort`: it is fine as far as it goes. Null when ok. */
  error: { line: number; column: number; reason: string; isCutShort: boolean } | null
}

/** Measures JSON bytes without building objects from them. */
export function measureJson(bytes: Uint8Array): JsonMeasure {
  const scan = scanJson(bytes)
  if (scan.error) {
    const { offset, reason, isCutShort } = scan.error
    return { ok: false, error: { ...lineAndColumn(bytes, offset), reason, isCutShort }, sizeBytes: bytes.length, lists: {} }
  }
  const decoder = new TextDecoder()
  const lists: [string, number][] = []
  for (const member of scan.members) {
    if (member.kind !== 'array') continue
    lists.push([JSON.parse(decoder.decode(bytes.subarray(member.keyStart, member.keyEnd))) as string, member.length])
  }
  return { ok: true, error: null, sizeBytes: bytes.length, lists: Object.fromEntries(lists) }
}

/** The baseline that a measured item leaves for the next archive; null when it is no JSON. */
export function baselineOf(measure: JsonMeasure): Baseline | null {
  return measure.ok ? { sizeBytes: measure.sizeBytes, lists: measure.lists } : null
}

/** Codes of findings that make an archive suspect. */
export const SUSPECT_CODES: readonly string[] = [
  'state_torn',
  'state_invalid',
  'state_reset',
  'state_shrunk',
  'state_list_emptied',
  'state_list_shrunk',
]

/**
 * What is wrong with a JSON item, by itself and against an earlier baseline (null = there is none). Compare with the newest archive
 * that is not suspect or was accepted: against a suspect one, its own loss would look normal.
 */
export function compareBaseline(before: Baseline | null, now: JsonMeasure, path: string): Finding[] {
  if (now.error) return [broken(path, now, now.error)]
  if (before === null) return []
  const findings: Finding[] = []
  const filled = Object.entries(before.lists).filter(([, length]) => length > 0)
  const emptied = filled.filter(([name]) => lengthOf(now, name) === 0)
  if (filled.length > 0 && emptied.length === filled.length) {
    const records = filled.reduce((sum, [, length]) => sum + length, 0)
    findings.push(suspect('state_reset', path, `${path} looks reset: its lists held ${formatCount(records)} records before, now none.`))
  } else {
    for (const [name, length] of filled) findings.push(...shrunkenList(path, name, length, lengthOf(now, name)))
  }
  if (before.sizeBytes > 0 && now.sizeBytes * 2 <= before.sizeBytes) {
    const message = `${path} shrank from ${formatBytes(before.sizeBytes)} to ${formatBytes(now.sizeBytes)}.`
    findings.push(suspect('state_shrunk', path, message))
  }
  return findings
}

/** An unknown list may be a queue: only a long one that empties says something. */
const LONG_LIST = 10
/** Halving says something only of a history of some length. */
const LONG_HISTORY = 20

function shrunkenList(path: string, name: string, before: number, now: number): Finding[] {
  const role = Object.hasOwn(STATE_LISTS, name) ? STATE_LISTS[name] : undefined
  if (role === 'queue') return []
  const counts = `\`${name}\` held ${formatCount(before)} records before, now ${now === 0 ? 'none' : formatCount(now)}`
  if (now === 0 && (role === 'history' || before >= LONG_LIST)) return [suspect('state_list_emptied', path, `${path}: ${counts}.`)]
  if (role === 'history' && before >= LONG_HISTORY && now * 2 <= before) return [suspect('state_list_shrunk', path, `${path}: ${counts}.`)]
  return []
}

function lengthOf(baseline: Baseline, name: string): number {
  return Object.hasOwn(baseline.lists, name) ? baseline.lists[name]! : 0
}

function broken(path: string, measure: JsonMeasure, error: NonNullable<JsonMeasure['error']>): Finding {
  if (measure.sizeBytes === 0) return suspect('state_torn', path, `${path} is empty.`)
  const where = `line ${error.line}, column ${error.column}`
  if (error.isCutShort) return suspect('state_torn', path, `${path} is torn: its JSON ends too early, at ${where}.`)
  return suspect('state_invalid', path, `${path} is not valid JSON: ${where}: ${error.reason}.`)
}

function suspect(code: string, path: string, message: string): Finding {
  return { severity: 'warning', code, path, message }
}
