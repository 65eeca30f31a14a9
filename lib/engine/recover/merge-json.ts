/**
 * Puts what a damaged but newer state still has into the last good one: members by key, records by their id. Nothing of the good one is lost; where
 * both have a record the newer one's stands.
 */
import { canonicalJson, isObject, type Json, type JsonObject, memberOf } from '../compare/json/json-value.ts'
import { identify } from '../compare/json/record-identity.ts'

/** `good` with everything of `newer` laid over it. */
export function mergeJson(good: Json, newer: Json): Json {
  return merge('', good, newer)
}

function merge(name: string, good: Json, newer: Json): Json {
  if (isObject(good) && isObject(newer)) return mergeObjects(good, newer)
  if (Array.isArray(good) && Array.isArray(newer)) return mergeLists(name, good, newer)
  return newer
}

function mergeObjects(good: JsonObject, newer: JsonObject): JsonObject {
  const members: [string, Json][] = Object.keys(good).map((key) => {
    const now = memberOf(newer, key)
    return [key, now === undefined ? good[key]! : merge(key, good[key]!, now)]
  })
  for (const key of Object.keys(newer)) if (!Object.hasOwn(good, key)) members.push([key, newer[key]!])
  return Object.fromEntries(members)
}

/** The good list's order, then what is new in the newer one's. */
function mergeLists(name: string, good: Json[], newer: Json[]): Json[] {
  const records = identify(name, good, newer)
  if (records) {
    const merged = [...records.before].map(([id, record]) => records.after.get(id) ?? record)
    for (const [id, record] of records.after) if (!records.before.has(id)) merged.push(record)
    return merged
  }
  const counts = new Map<string, number>()
  for (const value of good) {
    const text = canonicalJson(value)
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  const added = newer.filter((value) => {
    const text = canonicalJson(value)
    const left = counts.get(text) ?? 0
    if (left > 0) counts.set(text, left - 1)
    return left === 0
  })
  return [...good, ...added]
}
