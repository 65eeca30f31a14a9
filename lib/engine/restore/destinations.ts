import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import type { Finding } from '../finding.ts'
import { folderOfRaw, fsPath, joinRaw, nameOfRaw, type RawPath, rawOfBytes, rawOfString, rawOfText, textOfRaw } from '../raw-path.ts'
import type { ChosenPaths } from './chosen-paths.ts'
import { liveStat } from './open-folders.ts'
import type { RestoreInput, RestoreItem } from './restore-types.ts'
import { isWithin } from './safe-path.ts'

/** A folder whose own path is trusted: the target, the workspace root, or what an item outside the root lies in. */
export interface Base {
  /** Absolute, symlinks resolved. */
  path: RawPath
  /** The deepest part of it that exists now. */
  existing: RawPath
}

/** Where one archived item goes. */
export interface ItemDestination {
  key: string
  label: string
  importance: RestoreItem['importance']
  archiveName: string
  /** Null when the config names no place for it now; then `skipReason` says so. */
  base: number | null
  /** Path of the item below its base; empty only for a target, where the archive's own paths are used. */
  prefix: RawPath
  skipReason: string | null
  /** Items that lie inside this one now: their archive paths as seen through this item, in text form. */
  nested: { path: string; key: string }[]
}

/** Final places of everything in an archive. */
export interface Destinations {
  bases: Base[]
  items: ItemDestination[]
  /** Absolute paths of all items in place now; a folder that holds one is never moved away. Empty for a target. */
  itemPaths: { path: RawPath; key: string }[]
  problems: Finding[]
}

/** Resolves each archived item to its final place, in the target or where the current config says. */
export function resolveDestinations(input: RestoreInput, chosen: ChosenPaths): Destinations {
  return input.target === null ? inPlace(input, chosen) : intoTarget(input, input.target)
}

function intoTarget(input: RestoreInput, target: string): Destinations {
  const base = trustedBase(rawOfString(resolve(target)))
  const items = archivedItems(input).map((item) => ({ ...item, base: 0, prefix: '', skipReason: null, nested: [] }))
  return { bases: [base], items, itemPaths: [], problems: [] }
}

function inPlace(input: RestoreInput, chosen: ChosenPaths): Destinations {
  const root = rawOfText(input.root ?? input.manifest.root)
  const bases: Base[] = []
  const problems: Finding[] = []
  const places = new Map<string, { base: number; prefix: RawPath; path: RawPath }>()
  for (const item of input.items) {
    const raw = item.kind === 'not-covered' || item.path === null ? null : rawOfText(item.path)
    if (raw !== null) places.set(item.key, placeOf(raw, root, bases))
  }
  const itemPaths = [...places].map(([key, place]) => ({ key, path: place.path }))
  const archived = archivedItems(input)
  const items = archived.map((item): ItemDestination => {
    // Two keys may have come to name one path: the item of the first key holds it.
    const holder = input.items.find((other) => other.alsoKeys?.includes(item.key))
    const isTaken = holder !== undefined && archived.some((other) => other.key === holder.key)
    const place = isTaken ? undefined : places.get(holder?.key ?? item.key)
    if (!place) {
      const reason = isTaken ? `${item.key} and ${holder.key} name one path now` : `the config names no place for ${item.key} now`
      if (chosen.covers(item.archiveName) || chosen.namesWithin(item.archiveName)) problems.push(noPlace(item, reason, !chosen.everything))
      return { ...item, base: null, prefix: '', skipReason: reason, nested: [] }
    }
    const nested = itemPaths
      .filter((other) => other.path.startsWith(`${place.path}/`))
      // When all is restored, what an older config kept in the outer item comes back too, unless the archive has it as the item itself.
      .filter((other) => !chosen.everything || archived.some((own) => own.key === other.key))
      .map((other) => ({ key: other.key, path: `${item.archiveName}/${textOfRaw(other.path.slice(place.path.length + 1))}` }))
    return { ...item, base: place.base, prefix: place.prefix, skipReason: null, nested }
  })
  return { bases, items, itemPaths, problems: [...problems, ...movedItems(input)] }
}

function archivedItems(input: RestoreInput): Pick<ItemDestination, 'key' | 'label' | 'importance' | 'archiveName'>[] {
  return input.manifest.items.flatMap((item) =>
    item.archiveName === null ? [] : [{ key: item.key, label: item.label, importance: item.importance, archiveName: item.archiveName }],
  )
}

/** Paths under the root hang on the root, so that every folder between is checked; others on the folder that holds them. */
function placeOf(path: RawPath, root: RawPath | null, bases: Base[]): { base: number; prefix: RawPath; path: RawPath } {
  const roots = root === null ? [] : [root, trustedBase(root).path]
  const under = roots.find((candidate) => path.startsWith(`${candidate}/`))
  const folder = under ?? folderOfRaw(path)
  const found = trustedBase(folder)
  const inside = under === undefined ? nameOfRaw(path) : path.slice(under.length + 1)
  // Folders that do not exist yet are made below the deepest one that does.
  const missing = found.path.slice(found.existing === '/' ? 1 : found.existing.length + 1)
  const base: Base = { path: found.existing, existing: found.existing }
  let index = bases.findIndex((other) => other.path === base.path)
  if (index < 0) index = bases.push(base) - 1
  const prefix = missing === '' ? inside : joinRaw(missing, inside)
  return { base: index, prefix, path: joinRaw(base.path, prefix) }
}

/** An absolute path with its existing part resolved. */
export function trustedBase(path: RawPath): Base {
  let existing = path === '' ? '/' : path
  let missing = ''
  while (existing !== '/' && liveStat(fsPath(existing)) === null) {
    missing = missing === '' ? nameOfRaw(existing) : joinRaw(nameOfRaw(existing), missing)
    existing = folderOfRaw(existing) || '/'
  }
  let real: RawPath
  try {
    real = rawOfBytes(realpathSync(fsPath(existing), { encoding: 'buffer' }))
  } catch (error) {
    throw new AppError('target_unusable', {
      message: `${textOfRaw(existing)} cannot be resolved to a real path.`,
      hint: 'It may be a symlink that leads nowhere.',
      cause: error,
    })
  }
  return { path: missing === '' ? real : joinRaw(real, missing), existing: real }
}

function noPlace(item: { key: string; archiveName: string }, reason: string, isNamed: boolean): Finding {
  return {
    severity: isNamed ? 'error' : 'warning',
    code: 'item_invalid',
    path: item.archiveName,
    message: `${item.archiveName} is left out: ${reason}. Restore it with --target instead.`,
  }
}

/** Tells where the config that was archived named other places than the config does now. */
function movedItems(input: RestoreInput): Finding[] {
  return input.manifest.items.flatMap((item): Finding[] => {
    const now = input.items.find((other) => other.key === item.key)
    if (!now || item.sourcePath === null || now.path === null || item.sourcePath === now.path) return []
    const message = `${item.label} was at ${item.sourcePath} when the archive was taken; it goes to ${now.path}, where the config says now.`
    return [{ severity: 'info', code: 'item_moved', path: item.archiveName, message }]
  })
}

/** The nested item that a path seen through an outer item belongs to now; null when it is the outer item's own or was named. */
export function nestedOwner(item: ItemDestination, path: string, chosen: ChosenPaths): string | null {
  for (const nested of item.nested) if (isWithin(path, nested.path) && !chosen.namesWithin(nested.path)) return nested.key
  return null
}
