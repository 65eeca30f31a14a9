/** Leads the paths of an archived config into a restored copy, so that nothing that reads it touches the live workspace. */
import { lstatSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { fsPath, rawOfText } from '../raw-path.ts'
import type { Manifest, ManifestItem } from '../repository/manifest.ts'
import type { FindingList } from '../verify/verify-types.ts'
import { pathLikeness, schemeOf, valueAt } from '../workspace/config-values.ts'
import { CONFIG_ITEM_KEY } from '../workspace/item-keys.ts'
import { normaliseMaps, type PathMap, placeOf } from '../workspace/map-path.ts'

type Json = Record<string, unknown>

export interface Relocated {
  /** The config as the copy should be started with. */
  config: Json
  /** Archived items whose path leads to what was restored of them. */
  resolved: number
  /** Keys whose path lies neither in the archive nor in the workspace; they stay as they are. */
  outside: string[]
}

/** Relocates the config of a restored tree at `root`; items that do not resolve there become findings. */
export function relocateConfig(manifest: Manifest, config: Json, root: string, findings: FindingList): Relocated {
  const way = new Way(manifest, root)
  let resolved = 0
  for (const item of manifest.items) if (checkItem(item, config, way, root, findings)) resolved++
  const outside: string[] = []
  return { config: rewrite(config, '', way, outside) as Json, resolved, outside }
}

/** Where a path of the archived host lies in the copy. */
class Way {
  private readonly folder: string
  private readonly maps: PathMap[]
  private readonly into: PathMap[]
  private readonly ofKey: Map<string, string>

  constructor(manifest: Manifest, root: string) {
    this.folder = dirname(manifest.configPath)
    this.maps = normaliseMaps(manifest.maps, manifest.root)
    const archived = manifest.items.filter((item) => item.archiveName !== null)
    // What the archive lacks of the workspace is missing in the copy, too, rather than live.
    this.into = [{ from: manifest.root, to: root }]
    for (const { sourcePath, archiveName } of archived)
      if (sourcePath !== null) this.into.push({ from: stringOf(sourcePath), to: join(root, stringOf(archiveName!)) })
    this.ofKey = new Map(archived.map(({ key, archiveName }) => [key, join(root, stringOf(archiveName!))]))
  }

  /** What a config value meant on its host. */
  source(value: string): string {
    return placeOf(value, this.folder, this.maps).path
  }

  /** The same in the copy; null when it lies outside of all that the copy stands for. */
  relocate(source: string): string | null {
    const { path, map } = placeOf(source, '/', this.into)
    return map === null ? null : path
  }

  /** Where an archived item was restored to. */
  itemAt(key: string): string | undefined {
    return this.ofKey.get(key)
  }
}

function checkItem(item: ManifestItem, config: Json, way: Way, root: string, findings: FindingList): boolean {
  if (item.archiveName === null || (item.kind !== 'file' && item.kind !== 'folder')) return false
  const value = item.key === CONFIG_ITEM_KEY ? undefined : valueAt(config, item.key)
  const restored = join(root, stringOf(item.archiveName))
  const source = typeof value === 'string' ? way.source(value) : null
  const named = source === null ? restored : way.relocate(source)
  if (named !== null && isThere(named, item.kind)) return true
  const isOverridden = source !== null && item.sourcePath !== null && source !== stringOf(item.sourcePath)
  if (isOverridden && isThere(restored, item.kind)) {
    const message = `${item.label} (\`${item.key}\`) was archived from ${item.sourcePath}, not from ${source} as the config says.`
    findings.add('info', 'config_path_overridden', item.key, message)
    return true
  }
  const message = `${item.label} (\`${item.key}\`) leads to ${named ?? source}, and no ${item.kind} is there in the restored copy.`
  findings.add('error', 'config_path_unresolved', item.key, message)
  return false
}

function rewrite(value: unknown, key: string, way: Way, outside: string[]): unknown {
  if (typeof value === 'string') return rewriteText(value, key, way, outside)
  if (Array.isArray(value)) return value.map((inner, i) => rewrite(inner, `${key}.${i}`, way, outside))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, rewrite(inner, key === '' ? name : `${key}.${name}`, way, outside)]),
  )
}

function rewriteText(text: string, key: string, way: Way, outside: string[]): string {
  const item = way.itemAt(key)
  if (item !== undefined) return item
  if (schemeOf(text) !== null || (!isAbsolute(text) && pathLikeness(key, text) !== 'certain')) return text
  const to = way.relocate(way.source(text))
  if (to !== null) return to
  if (pathLikeness(key, text) === 'certain') outside.push(key)
  return text
}

function isThere(path: string, kind: 'file' | 'folder'): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return kind === 'file' ? stat?.isFile() === true : stat?.isDirectory() === true
}

/** A path in text form as Node takes it; one that is not UTF-8 stays in its text form, and then is simply not found. */
function stringOf(text: string): string {
  const raw = rawOfText(text)
  const path = raw === null ? text : fsPath(raw)
  return typeof path === 'string' ? path : path.toString('utf8')
}
