import type { Finding, Importance, ItemKind } from '../finding.ts'
import type { PathMap } from './map-path.ts'

/** An item as the config resolves it right now: the contract's shape, and what the engine needs of it. */
export interface ResolvedItem {
  /** The config key; `config` for the config file itself. */
  key: string
  label: string
  importance: Importance
  kind: ItemKind
  /** The value as the config says it, without credentials; null for the config file and for absent keys. */
  configured: string | null
  /** Absolute path on this host with symlinks resolved, text form; null when it is no file path. */
  path: string | null
  /** Its name at the top of the archive, text form; null when nothing of it can be in one now. */
  archiveName: string | null
  exists: boolean
  /** Null = not measured. */
  sizeBytes: number | null
  files: number | null
  problems: Finding[]
  /** `path` as bytes. */
  rawPath: Buffer | null
  /** Absolute paths of the items that lie inside this one: a walk leaves them out here. */
  exclude: Buffer[]
  /** Other config keys that name the same path; they are no items of their own. */
  alsoKeys: string[]
}

/** A path-like config value that is no item yet. */
export interface ItemOffer {
  key: string
  configured: string
  /** Absolute, text form. */
  path: string
  exists: boolean
  /** The key of an item that holds it already; null = it is in no archive. */
  coveredBy: string | null
}

/** What a config means on this host, now. */
export interface Resolution {
  /** The config file first, then the known keys, then extra items. */
  items: ResolvedItem[]
  offers: ItemOffer[]
  /** What belongs to no single item. */
  problems: Finding[]
  /** Each path key and where it leads; compared from archive to archive. */
  configPaths: Record<string, string>
  /** Path maps that would make missing absolute paths point into the root. */
  suggestedMaps: PathMap[]
}

/** All findings of a resolution, the items' own included. */
export function findingsOf(resolution: Pick<Resolution, 'items' | 'problems'>): Finding[] {
  return [...resolution.problems, ...resolution.items.flatMap((item) => item.problems)]
}
