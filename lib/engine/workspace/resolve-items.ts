/**
 * From a config to what lies on this host. An entry belongs to the deepest item that covers it: nested items are stored once, under
 * their own name, and every outer item leaves them out.
 */
import { basename, dirname, resolve } from 'node:path'
import type { Finding } from '../finding.ts'
import { isWithinRaw, type RawPath, rawOfString, textOfRaw } from '../raw-path.ts'
import { pathLikeness, stringValues } from './config-values.ts'
import { CONFIG_ITEM_KEY, KNOWN_KEYS } from './item-keys.ts'
import { ItemNames } from './item-names.ts'
import { canonicalPath, type LookedAt, lookAtPath } from './look-at-path.ts'
import { normaliseMaps, type PathMap, placeOf, suggestMap } from './map-path.ts'
import type { ReadConfig } from './read-config.ts'
import { assertRepositoryApart } from './repository-apart.ts'
import type { ItemOffer, Resolution, ResolvedItem } from './resolved-item.ts'
import { type ExtraItem, type WantedItem, wantedItems } from './wanted-items.ts'

export interface ResolveInput {
  /** Workspace root, absolute. */
  root: string
  /** Config file, absolute. */
  configPath: string
  config: Pick<ReadConfig, 'json' | 'lines' | 'findings'>
  maps?: readonly PathMap[] | undefined
  extraItems?: readonly ExtraItem[] | undefined
  /** The runtime's STATE_FILE, when it is set. */
  stateFileOverride?: string | null | undefined
  /** Where archives live, absolute; checked to be apart from every item. */
  repositoryPath?: string | null | undefined
  /** ORCHIVE_HOME, absolute; checked to lie in no item. */
  homePath?: string | null | undefined
}

interface Placed {
  wanted: WantedItem
  /** Absolute as configured, before symlinks; null when there is no path to look at. */
  configuredPath: string | null
  looked: LookedAt | null
  problems: Finding[]
  alsoKeys: string[]
}

/** Resolves every item of a workspace; throws only for `repository_inside_item` and `item_invalid`, everything else is a finding. */
export function resolveItems(input: ResolveInput): Resolution {
  const root = resolve(input.root)
  const maps = normaliseMaps(input.maps ?? [], root)
  const { wanted, problems } = wantedItems(input)
  const suggestedMaps: PathMap[] = []
  const placed = wanted.map((item) => place(item, input, root, maps, suggestedMaps))
  const configPaths = Object.fromEntries(placed.map((item) => [item.wanted.key, pathFor(item)]).filter((pair) => pair[1] !== null))
  const { kept, findings } = mergeSamePaths(placed)
  const names = new ItemNames()
  const items = kept.map((item) => resolvedItem(item, names, kept))
  assertRepositoryApart(items, input)
  return {
    items,
    offers: offersOf(input, placed, items, maps),
    problems: [...input.config.findings, ...problems, ...findings],
    configPaths,
    suggestedMaps,
  }
}

function place(wanted: WantedItem, input: ResolveInput, root: string, maps: PathMap[], suggestedMaps: PathMap[]): Placed {
  if (wanted.value === null) return { wanted, configuredPath: null, looked: null, problems: [], alsoKeys: [] }
  const configuredPath =
    wanted.key === CONFIG_ITEM_KEY
      ? resolve(root, wanted.value)
      : placeOf(wanted.value, dirname(resolve(root, input.configPath)), maps).path
  const looked = lookAtPath(configuredPath)
  const problems = diskProblems(wanted, configuredPath, looked, root)
  if (looked.type === 'missing' && wanted.value.startsWith('/')) {
    const map = suggestMap(configuredPath, root)
    if (map) {
      problems[0]!.message += ` Something of that name is in the root: --map ${map.from}=${map.to} would point there.`
      if (!suggestedMaps.some((other) => other.from === map.from)) suggestedMaps.push(map)
    }
  }
  return { wanted, configuredPath, looked, problems, alsoKeys: [] }
}

function diskProblems(wanted: WantedItem, configuredPath: string, looked: LookedAt, root: string): Finding[] {
  const at = textOfRaw(rawOfString(configuredPath))
  const add = (severity: Finding['severity'], code: string, message: string): Finding => ({ severity, code, path: at, message })
  const named = `${wanted.label} (\`${wanted.key}\`)`
  if (looked.type === 'missing') return [add('warning', 'item_missing', `${named}: ${at} ${looked.reason}.${tildeHint(wanted)}`)]
  if (looked.type === 'unreadable') return [add('warning', 'item_unreadable', `${named}: ${at} ${looked.reason}.`)]
  if (looked.type === 'special') return [add('warning', 'item_special', `${named}: ${at} ${looked.reason}, which cannot be archived.`)]
  const findings: Finding[] = []
  if (wanted.expects !== 'any' && wanted.expects !== looked.type) {
    findings.push(
      add('warning', 'item_wrong_kind', `${named}: ${at} is a ${looked.type}, not a ${wanted.expects}; it is archived as it is.`),
    )
  }
  if (looked.linkTarget !== null) {
    const message = `${named}: ${at} is a symbolic link; what it leads to, ${textOfRaw(looked.rawPath)}, is archived.`
    findings.push(add('info', 'item_symlink', message))
  }
  if (!isWithinRaw(looked.rawPath, canonicalPath(rawOfString(root)))) {
    findings.push(
      add(
        'info',
        'item_outside_root',
        `${named}: ${textOfRaw(looked.rawPath)} is outside the workspace root ${root}; it is archived all the same.`,
      ),
    )
  }
  return findings
}

function tildeHint(wanted: WantedItem): string {
  return wanted.value !== null && /^(~\/|\$\{?[A-Z_]+)/.test(wanted.value) ? ' `~` and variables are taken literally.' : ''
}

/** Two keys with one path are one item, the first; its importance is the higher one. */
function mergeSamePaths(placed: Placed[]): { kept: Placed[]; findings: Finding[] } {
  const byPath = new Map<RawPath, Placed>()
  const kept: Placed[] = []
  const findings: Finding[] = []
  for (const item of placed) {
    const first = item.looked === null ? undefined : byPath.get(item.looked.rawPath)
    if (!first) {
      if (item.looked !== null) byPath.set(item.looked.rawPath, item)
      kept.push(item)
      continue
    }
    first.alsoKeys.push(item.wanted.key)
    if (RANK[item.wanted.importance] < RANK[first.wanted.importance]) first.wanted.importance = item.wanted.importance
    findings.push({
      severity: first.wanted.key === CONFIG_ITEM_KEY ? 'warning' : 'info',
      code: 'item_same_path',
      path: textOfRaw(item.looked!.rawPath),
      message: `\`${first.wanted.key}\` and \`${item.wanted.key}\` name the same path, ${textOfRaw(item.looked!.rawPath)}; it is archived once, as ${first.wanted.label}.`,
    })
  }
  return { kept, findings }
}

const RANK = { critical: 0, high: 1, medium: 2 } as const

function resolvedItem(placed: Placed, names: ItemNames, all: Placed[]): ResolvedItem {
  const { wanted, looked } = placed
  const base = {
    key: wanted.key,
    label: wanted.label,
    importance: wanted.importance,
    configured: wanted.configured,
    problems: [...wanted.problems, ...placed.problems],
    alsoKeys: placed.alsoKeys,
  }
  if (looked === null || looked.type === 'special') {
    const rawPath = looked === null ? null : Buffer.from(looked.rawPath, 'latin1')
    return {
      ...base,
      kind: 'not-covered',
      path: pathFor(placed),
      archiveName: null,
      exists: looked !== null,
      sizeBytes: null,
      files: null,
      rawPath,
      exclude: [],
    }
  }
  const isThere = looked.type === 'file' || looked.type === 'folder'
  // A missing item keeps its name reserved, so that it changes no other item's name when it comes.
  const archiveName = names.take(wanted.key, rawOfString(placed.configuredPath!))
  return {
    ...base,
    kind: isThere ? (looked.type as 'file' | 'folder') : 'missing',
    path: textOfRaw(looked.rawPath),
    archiveName: isThere ? archiveName : null,
    exists: isThere,
    sizeBytes: looked.type === 'file' ? looked.sizeBytes : null,
    files: looked.type === 'file' ? 1 : null,
    rawPath: Buffer.from(looked.rawPath, 'latin1'),
    exclude: looked.type === 'folder' ? insidesOf(looked.rawPath, all) : [],
  }
}

/** Existing items below a folder. One that is missing now is not left out: should it appear during the walk, it is kept here. */
function insidesOf(folder: RawPath, all: Placed[]): Buffer[] {
  return all.flatMap(({ looked }) => {
    if (looked === null || (looked.type !== 'file' && looked.type !== 'folder')) return []
    return looked.rawPath !== folder && isWithinRaw(looked.rawPath, folder) ? [Buffer.from(looked.rawPath, 'latin1')] : []
  })
}

function pathFor(placed: Placed): string | null {
  return placed.looked === null ? null : textOfRaw(placed.looked.rawPath)
}

function offersOf(input: ResolveInput, placed: Placed[], items: ResolvedItem[], maps: PathMap[]): ItemOffer[] {
  const taken = new Set(placed.map((item) => item.wanted.key))
  const known = new Set(KNOWN_KEYS.map((item) => item.key))
  const folder = dirname(resolve(input.root, input.configPath))
  const offers: ItemOffer[] = []
  for (const [key, value] of stringValues(input.config.json)) {
    if (taken.has(key) || key === CONFIG_ITEM_KEY) continue
    const likeness = pathLikeness(key, value)
    if (likeness === 'no' || !value.isWellFormed()) continue
    const looked = lookAtPath(placeOf(value, folder, maps).path)
    const exists = looked.type === 'file' || looked.type === 'folder'
    if (likeness === 'maybe' && !exists && !known.has(key)) continue
    if (items.some((item) => item.exists && item.path === textOfRaw(looked.rawPath))) continue
    const holders = items.filter((item) => item.kind === 'folder' && isWithinRaw(looked.rawPath, item.rawPath!.toString('latin1')))
    const deepest = holders.sort((a, b) => b.rawPath!.length - a.rawPath!.length)[0]
    offers.push({ key, configured: value, path: textOfRaw(looked.rawPath), exists, coveredBy: deepest?.key ?? null })
  }
  return offers
}

/** A name for a workspace that was added without one. */
export function defaultName(root: string): string {
  return basename(resolve(root)) || 'workspace'
}
