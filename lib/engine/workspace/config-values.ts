/** Values of a config: strings anywhere in it by dotted key, what looks like a path, what names a store. */
import { STORE_SCHEMES } from './item-keys.ts'

const MAX_DEPTH = 6
const MAX_VALUES = 10_000

/** Every string of a config by its key; inside objects and lists keys are joined by dots (`persistence.dir`, `watch.0`). */
export function stringValues(json: Record<string, unknown>): Map<string, string> {
  const values = new Map<string, string>()
  const collect = (value: unknown, key: string, depth: number) => {
    if (values.size >= MAX_VALUES) return
    if (typeof value === 'string') {
      if (!values.has(key)) values.set(key, value)
    } else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH) {
      for (const [name, inner] of Object.entries(value)) collect(inner, key === '' ? name : `${key}.${name}`, depth + 1)
    }
  }
  collect(json, '', 0)
  return values
}

/** The value at a key: a top-level key as it is, else a dotted way down; undefined when there is none. */
export function valueAt(json: Record<string, unknown>, key: string): unknown {
  if (Object.hasOwn(json, key)) return json[key]
  return stringValues(json).get(key)
}

/** The scheme of a URL (`mongodb`), lower case; null for everything else. */
export function schemeOf(text: string): string | null {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase() ?? null
}

/** The name of the store that a URL speaks to (`MongoDB`); null when it names none that we know. */
export function storeOf(text: string): string | null {
  const scheme = schemeOf(text)
  return scheme !== null && Object.hasOwn(STORE_SCHEMES, scheme) ? STORE_SCHEMES[scheme]! : null
}

/** A URL without user, password and query; other texts as they are. Configs hold credentials, findings and manifests must not. */
export function withoutCredentials(text: string): string {
  if (schemeOf(text) === null) return text
  return text.replace(/:\/\/.*@/s, '://').replace(/[?#].*$/s, '')
}

/** True for five or six fields of cron, or its nicknames. */
export function isCron(text: string): boolean {
  if (/^@(yearly|annually|monthly|weekly|daily|hourly|reboot|midnight)$/i.test(text)) return true
  const fields = text.trim().split(/\s+/)
  return (
    (fields.length === 5 || fields.length === 6) && fields.every((field) => /^[\d*?][\d*/,\-?LW#]*$|^[A-Z]{3}([-,][A-Z]{3})*$/i.test(field))
  )
}

/** `certain` = it can only be a path; `maybe` = it is one if something lies there. */
export type PathLikeness = 'certain' | 'maybe' | 'no'

/** Whether a string of a config reads like a path on disk, judged by its key and its own form. */
export function pathLikeness(key: string, text: string): PathLikeness {
  if (text.trim() === '' || text.length > 4096 || /[\n\r\0]/.test(text)) return 'no'
  if (schemeOf(text) !== null || /^(data|mailto|urn|file|node|npm):/i.test(text) || isCron(text)) return 'no'
  if (PATH_KEY.test(key.slice(key.search(/[^.]*$/)))) return 'certain'
  if (/^(\.{1,2}|~)\//.test(text)) return 'certain'
  return text.includes('/') ? 'maybe' : 'no'
}

/** `docsPath`, `log_dir`, `baseFolder`; not `profile`. */
const PATH_KEY = /(?:^|[a-z0-9])(?:Path|Dir|Directory|Folder|File|Root)s?$|(?:^|[_-])(?:path|dir|directory|folder|file|root)s?$/
