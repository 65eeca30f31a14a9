/**
 * What is different between two JSON texts, in the words of the data: members by their key, records of lists by their id. The order of keys and of
 * records is no difference. Pure; cost grows with the size of both.
 */
import { canonicalJson, isObject, isSameJson, type Json, type JsonObject, memberOf } from './json-value.ts'
import { identify, timeOf, titleOf } from './record-identity.ts'

export interface FieldChange {
  /** Keys from the top, joined by dots; a dot or backslash in a key has a backslash in front. Empty = the whole. */
  path: string
  /** Undefined = not there. */
  before: Json | undefined
  after: Json | undefined
}

export interface RecordChange {
  /** Value of the field that tells records apart; where none does, a part of the record's own text. */
  id: string
  title: string | null
  /** When it was last touched, as its newer side says. */
  at: string | null
  /** Null on the side that does not have it. */
  before: Json | null
  after: Json | null
  /** Only of a changed record. */
  fields: FieldChange[]
}

export interface ListDiff {
  /** Key of the list, like a field's path. */
  key: string
  /** The field that tells records apart; null = by all of their content, so that none counts as changed. */
  identity: string | null
  lengthBefore: number
  lengthAfter: number
  added: RecordChange[]
  lost: RecordChange[]
  changed: RecordChange[]
  /** Records that the runtime dropped because the list is capped: older than all that are still there. They are not lost by a fault. */
  olderThanCap: number
}

export interface JsonDiff {
  /** Members that are no lists of records. */
  values: FieldChange[]
  /** Lists that differ. */
  lists: ListDiff[]
  /** Keys of lists that are the same. */
  sameLists: string[]
}

/** A list that ends at this many records or more, and lost only its oldest, was cut by the runtime's cap. Source: caps of the published runtime. */
const LEAST_CAP = 200

/** The difference of two JSON values. */
export function diffJson(before: Json, after: Json): JsonDiff {
  const diff: JsonDiff = { values: [], lists: [], sameLists: [] }
  compare(before, after, [], diff)
  return diff
}

/** Whether nothing differs. */
export const isEqualDiff = (diff: JsonDiff): boolean => diff.values.length === 0 && diff.lists.length === 0

function compare(before: Json | undefined, after: Json | undefined, path: string[], diff: JsonDiff): void {
  if (isObject(before) && isObject(after)) {
    for (const key of unionOfKeys(before, after)) compare(memberOf(before, key), memberOf(after, key), [...path, key], diff)
    return
  }
  if (isListLike(before) && isListLike(after) && (before ?? after) !== undefined) {
    const list = diffList(path, before ?? [], after ?? [])
    if (list) diff.lists.push(list)
    else if (before === undefined || after === undefined) diff.values.push({ path: pathText(path), before, after })
    else diff.sameLists.push(pathText(path))
    return
  }
  if (before === undefined || after === undefined || !isSameJson(before, after)) diff.values.push({ path: pathText(path), before, after })
}

const isListLike = (value: Json | undefined): value is Json[] | undefined => value === undefined || Array.isArray(value)

function unionOfKeys(a: JsonObject, b: JsonObject): string[] {
  return [...Object.keys(a), ...Object.keys(b).filter((key) => !Object.hasOwn(a, key))]
}

/** The keys of a path as text. */
export const pathText = (path: readonly string[]): string => path.map((key) => key.replace(/[\\.]/g, '\\$&')).join('.')

function diffList(path: readonly string[], before: readonly Json[], after: readonly Json[]): ListDiff | null {
  const key = pathText(path)
  const base = { key, lengthBefore: before.length, lengthAfter: after.length, changed: [], olderThanCap: 0 }
  const records = identify(path.at(-1) ?? '', before, after)
  const list: ListDiff = records
    ? { ...base, identity: records.field, ...diffRecords(records.field, records.before, records.after) }
    : { ...base, identity: null, ...diffWhole(before, after) }
  setAsideCapped(list, before)
  return list.added.length + list.lost.length + list.changed.length + list.olderThanCap === 0 ? null : list
}

function diffRecords(field: string, before: Map<string, JsonObject>, after: Map<string, JsonObject>) {
  const added: RecordChange[] = []
  const lost: RecordChange[] = []
  const changed: RecordChange[] = []
  for (const [id, record] of before) {
    const now = after.get(id)
    if (now === undefined) lost.push(describe(id, field, record, null))
    else if (!isSameJson(record, now)) changed.push({ ...describe(id, field, record, now), fields: fieldsOf(record, now) })
  }
  for (const [id, record] of after) if (!before.has(id)) added.push(describe(id, field, null, record))
  return { added, lost, changed }
}

function describe(id: string, field: string, before: JsonObject | null, after: JsonObject | null): RecordChange {
  const newest = (after ?? before)!
  return { id, title: titleOf(newest, field), at: timeOf(newest), before, after, fields: [] }
}

/** Fields that differ, down to the innermost; lists inside records are compared whole. */
function fieldsOf(before: JsonObject, after: JsonObject, above: readonly string[] = []): FieldChange[] {
  return unionOfKeys(before, after).flatMap((key): FieldChange[] => {
    const [old, now] = [memberOf(before, key), memberOf(after, key)]
    if (isObject(old) && isObject(now)) return fieldsOf(old, now, [...above, key])
    if (old !== undefined && now !== undefined && isSameJson(old, now)) return []
    return [{ path: pathText([...above, key]), before: old, after: now }]
  })
}

/** Values that nothing tells apart, counted by what they say. */
function diffWhole(before: readonly Json[], after: readonly Json[]) {
  const surplus = new Map<string, number>()
  for (const value of after) {
    const text = canonicalJson(value)
    surplus.set(text, (surplus.get(text) ?? 0) + 1)
  }
  const lost: RecordChange[] = []
  for (const value of before) {
    const text = canonicalJson(value)
    const left = surplus.get(text) ?? 0
    if (left === 0) lost.push(describeWhole(text, value, null))
    else surplus.set(text, left - 1)
  }
  const added: RecordChange[] = []
  for (const value of after) {
    const text = canonicalJson(value)
    const left = surplus.get(text) ?? 0
    if (left === 0) continue
    surplus.set(text, left - 1)
    added.push(describeWhole(text, null, value))
  }
  return { added, lost }
}

const ID_CHARACTERS = 80

function describeWhole(text: string, before: Json | null, after: Json | null): RecordChange {
  const value = after ?? before
  const at = isObject(value) ? timeOf(value) : null
  return { id: text.slice(0, ID_CHARACTERS), title: isObject(value) ? titleOf(value, '') : null, at, before, after, fields: [] }
}

/** Records at one end of a long list that made room for at least as many new ones were dropped by its cap. */
function setAsideCapped(list: ListDiff, before: readonly Json[]): void {
  if (list.lost.length === 0 || list.lengthAfter < Math.max(LEAST_CAP, list.lengthBefore)) return
  const lost = new Set<Json>(list.lost.map((record) => record.before))
  const ends = [before.slice(0, lost.size), before.slice(-lost.size)]
  if (!ends.some((end) => end.every((record) => lost.has(record)))) return
  list.olderThanCap = list.lost.length
  list.lost = []
}
