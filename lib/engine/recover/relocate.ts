/** What the paths of a config become on another host or under another root. Pure. */
import { isAbsolute, join, normalize } from 'node:path'
import { isObject, type Json, type JsonObject, memberOf } from '../compare/json/json-value.ts'
import type { PathMap } from '../workspace/map-path.ts'

export interface Relocation {
  /** The config with its paths rewritten. */
  json: JsonObject
  /** Path keys whose value changes. */
  changes: { key: string; before: string; after: string }[]
}

/** Rewrites the values of path keys (dots lead into objects) whose absolute path begins with the `from` of a map; the longest counts. */
export function relocate(json: JsonObject, keys: readonly string[], maps: readonly PathMap[]): Relocation {
  const changes: Relocation['changes'] = []
  let rewritten = json
  for (const key of keys) {
    const path = Object.hasOwn(json, key) ? [key] : key.split('.')
    const before = path.reduce<Json | undefined>((at, part) => (isObject(at) ? memberOf(at, part) : undefined), json)
    if (typeof before !== 'string' || !isAbsolute(before)) continue
    const after = mapped(before, maps)
    if (after === before) continue
    changes.push({ key, before, after })
    rewritten = withValue(rewritten, path, after)
  }
  return { json: rewritten, changes }
}

function mapped(path: string, maps: readonly PathMap[]): string {
  const plain = normalize(path)
  let best: PathMap | null = null
  for (const map of maps) {
    const isWithin = plain === map.from || plain.startsWith(map.from === '/' ? '/' : `${map.from}/`)
    if (isWithin && (best === null || map.from.length > best.from.length)) best = map
  }
  return best === null ? path : join(best.to, plain.slice(best.from === '/' ? 0 : best.from.length))
}

function withValue(json: JsonObject, [first, ...rest]: readonly string[], value: string): JsonObject {
  const members = Object.keys(json).map((key): [string, Json] => {
    if (key !== first) return [key, json[key]!]
    const below = json[key]!
    return [key, rest.length === 0 || !isObject(below) ? value : withValue(below, rest, value)]
  })
  return Object.fromEntries(members)
}
