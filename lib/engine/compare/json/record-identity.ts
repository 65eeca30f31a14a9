/** By what the records of a list are told apart: a field that every record has and no two share, on either side. Names are only candidates; the data decides. */
import { isObject, type Json, type JsonObject, memberOf } from './json-value.ts'

/** Field names that say who a record is, best first. A name that fits the list (`approvals` → `approvalId`) goes before other `…Id` fields. */
const IDENTITY = [/^id$/i, /^(?:uuid|guid)$/i, /Id$/, /Key$/, /^(?:key|name|path|slug|url)$/i]
/** What a record is called, best first. */
const TITLES = ['title', 'name', 'summary', 'message', 'label', 'subject', 'headline', 'event', 'type', 'kind', 'classification', 'status']
/** When a record was last touched, best first. */
const TIMES = [
  'updatedAt',
  'finishedAt',
  'completedAt',
  'handledAt',
  'resolvedAt',
  'decidedAt',
  'timestamp',
  'at',
  'startedAt',
  'createdAt',
]

/** Records by their id, in their order. */
export interface Identified {
  field: string
  before: Map<string, JsonObject>
  after: Map<string, JsonObject>
}

/** Both sides by the field that tells their records apart; null when they are no lists of objects, or no field does. */
export function identify(name: string, before: readonly Json[], after: readonly Json[]): Identified | null {
  if (before.length + after.length === 0 || !before.every(isObject) || !after.every(isObject)) return null
  const example = (before[0] ?? after[0]) as JsonObject
  for (const field of candidates(name, Object.keys(example))) {
    const sides = { before: byField(field, before as JsonObject[]), after: byField(field, after as JsonObject[]) }
    if (sides.before && sides.after) return { field, before: sides.before, after: sides.after }
  }
  return null
}

function candidates(name: string, fields: string[]): string[] {
  const singular = name.replace(/ies$/, 'y').replace(/s$/, '').toLowerCase()
  const fits = (field: string) => /Id$/.test(field) && singular.endsWith(field.slice(0, -2).toLowerCase())
  const rank = (field: string) => (fits(field) ? 0.5 : IDENTITY.findIndex((pattern) => pattern.test(field)))
  return fields.filter((field) => rank(field) >= 0).sort((a, b) => rank(a) - rank(b))
}

function byField(field: string, records: readonly JsonObject[]): Map<string, JsonObject> | null {
  const found = new Map<string, JsonObject>()
  for (const record of records) {
    const id = memberOf(record, field)
    if ((typeof id !== 'string' && typeof id !== 'number') || id === '') return null
    found.set(String(id), record)
  }
  return found.size === records.length ? found : null
}

/** What people would call a record; null when nothing in it says. */
export function titleOf(record: JsonObject, identity: string): string | null {
  for (const field of TITLES) {
    const value = field === identity ? undefined : memberOf(record, field)
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}

/** When a record was last touched, as it says itself; null when it does not. */
export function timeOf(record: JsonObject): string | null {
  for (const field of [...TIMES, ...Object.keys(record).filter((key) => /At$/.test(key))]) {
    const value = memberOf(record, field)
    if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return value
  }
  return null
}
