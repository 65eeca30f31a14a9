import { basename } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import type { Finding, Importance } from '../finding.ts'
import { schemeOf, storeOf, stringValues, valueAt, withoutCredentials } from './config-values.ts'
import { CONFIG_ITEM, CONFIG_ITEM_KEY, KNOWN_KEYS, type KnownKey, STATE_KEY } from './item-keys.ts'

/** An extra item the user chose, or another importance for an item that is there anyway. */
export interface ExtraItem {
  key: string
  importance: Importance
}

/** What the config asks for, before anybody looked at the disk. */
export interface WantedItem {
  key: string
  label: string
  importance: Importance
  expects: KnownKey['expects']
  /** The text to resolve; null when there is none, and then `problems` says why. */
  value: string | null
  /** For people and manifests. */
  configured: string | null
  problems: Finding[]
}

export interface WantedInput {
  configPath: string
  config: { json: Record<string, unknown>; lines: Map<string, number> }
  extraItems?: readonly ExtraItem[] | undefined
  stateFileOverride?: string | null | undefined
}

/** The items that a config and the user's choices name, in their fixed order; `problems` belong to no item. */
export function wantedItems(input: WantedInput): { wanted: WantedItem[]; problems: Finding[] } {
  const chosen = new Map((input.extraItems ?? []).map((extra) => [extra.key, extra.importance]))
  const problems: Finding[] = []
  const wanted: WantedItem[] = [
    {
      ...CONFIG_ITEM,
      importance: chosen.get(CONFIG_ITEM_KEY) ?? CONFIG_ITEM.importance,
      value: input.configPath,
      configured: null,
      problems: [],
    },
  ]
  for (const known of KNOWN_KEYS) {
    if (known.role === 'extra' && !chosen.has(known.key)) {
      if (known.isRequired) problems.push(...unusable(known, input))
      continue
    }
    const isAbsent = !Object.hasOwn(input.config.json, known.key) && !overrideOf(known.key, input)
    if (isAbsent && !known.isRequired && !chosen.has(known.key)) {
      problems.push(
        finding('info', 'config_key_missing', known.key, `${fileOf(input)} has no \`${known.key}\`: ${known.label} are not archived.`),
      )
      continue
    }
    wanted.push(wantedItem(known, chosen.get(known.key) ?? known.importance, input))
  }
  for (const [key, importance] of chosen) {
    if (key === CONFIG_ITEM_KEY || KNOWN_KEYS.some((known) => known.key === key)) continue
    if (key.trim() === '')
      throw new AppError('item_invalid', { message: 'An item needs a config key.', hint: 'Write --item key=KEY,importance=high' })
    wanted.push(wantedItem({ key, label: key, importance, expects: 'any', role: 'extra', isRequired: false }, importance, input))
  }
  return { wanted, problems: [...problems, ...otherStores(input, wanted)] }
}

/** A key that is no item here, but that the runtime insists on. */
function unusable(known: KnownKey, input: WantedInput): Finding[] {
  if (typeof valueAt(input.config.json, known.key) === 'string') return []
  const message = `${fileOf(input)} has no \`${known.key}\` as a text; the orchestrator does not start without it.`
  return [finding('info', 'config_key_missing', known.key, message)]
}

function wantedItem(known: KnownKey, importance: Importance, input: WantedInput): WantedItem {
  const base = { key: known.key, label: known.label, importance, expects: known.expects }
  const override = overrideOf(known.key, input)
  if (override) {
    const told = finding('info', 'state_file_override', known.key, `STATE_FILE=${withoutCredentials(override)} replaces \`${known.key}\`.`)
    const checked = checkText(known, override, 'STATE_FILE')
    return {
      ...base,
      value: checked ? null : override,
      configured: withoutCredentials(override),
      problems: checked ? [told, checked] : [told],
    }
  }
  const value = valueAt(input.config.json, known.key)
  if (value === undefined) {
    const message = `${fileOf(input)} has no \`${known.key}\`: ${known.label} cannot be archived.`
    return { ...base, value: null, configured: null, problems: [finding('warning', 'config_key_missing', known.key, message)] }
  }
  const where = `\`${known.key}\`${lineOf(input, known.key)}`
  if (typeof value !== 'string') {
    const problem = wrongType(known, value, where)
    return { ...base, value: null, configured: `(${typeName(value)})`, problems: [problem] }
  }
  const problem = checkText(known, value, where)
  return { ...base, value: problem ? null : value, configured: withoutCredentials(value), problems: problem ? [problem] : [] }
}

function wrongType(known: KnownKey, value: unknown, where: string): Finding {
  const isStore = typeof value === 'object' && value !== null && !Array.isArray(value)
  const message = isStore
    ? `${where} is an object, not a file path: ${known.label} is not covered by archives.`
    : `${where} is ${typeName(value)}, not a path in quotes: ${known.label} cannot be archived.`
  return finding('warning', isStore ? 'item_not_covered' : 'config_key_wrong_type', known.key, message)
}

/** Null when the text can be a path. */
function checkText(known: KnownKey, text: string, where: string): Finding | null {
  if (text.trim() === '')
    return finding('warning', 'config_key_wrong_type', known.key, `${where} is empty: ${known.label} cannot be archived.`)
  if (text.includes('\0') || !text.isWellFormed()) {
    return finding(
      'warning',
      'config_key_wrong_type',
      known.key,
      `${where} holds characters that no path can hold: ${known.label} cannot be archived.`,
    )
  }
  const scheme = schemeOf(text)
  if (scheme === null) return null
  const message = `${where} names ${storeOf(text) ?? `a ${scheme}: address`} (${withoutCredentials(text)}), not a file: ${known.label} is not covered by archives.`
  return finding('warning', 'item_not_covered', known.key, message)
}

/** Stores named anywhere else in the config hold data that no archive covers; said aloud, never with credentials. */
function otherStores(input: WantedInput, wanted: WantedItem[]): Finding[] {
  const itemKeys = new Set(wanted.map((item) => item.key))
  const findings: Finding[] = []
  for (const [key, text] of stringValues(input.config.json)) {
    const store = itemKeys.has(key) ? null : storeOf(text)
    if (store === null) continue
    const message = `\`${key}\` names ${store} (${withoutCredentials(text)}): what it holds is not covered by archives.`
    findings.push(finding('info', 'store_not_covered', key, message))
  }
  return findings
}

function overrideOf(key: string, input: WantedInput): string | null {
  return key === STATE_KEY && input.stateFileOverride ? input.stateFileOverride : null
}

function fileOf(input: WantedInput): string {
  return basename(input.configPath)
}

function lineOf(input: WantedInput, key: string): string {
  const line = input.config.lines.get(key)
  return line === undefined ? '' : ` (${fileOf(input)}, line ${line})`
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function finding(severity: Finding['severity'], code: string, path: string, message: string): Finding {
  return { severity, code, path, message }
}
