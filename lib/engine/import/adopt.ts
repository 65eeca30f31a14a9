/** Tar files that say nothing of where they come from, such as those of the orchestrator's stock backup script, adopted into a workspace that somebody names. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { Entry } from '../entry.ts'
import type { Finding } from '../finding.ts'
import type { Manifest, ManifestItem } from '../repository/manifest.ts'
import { topName } from '../repository/section.ts'
import { ZonedCalendar } from '../retention/zone.ts'

/** The workspace that a file is adopted into, as its config reads now. */
export interface AdoptInto {
  workspaceId: WorkspaceId
  workspaceName: string
  root: string
  configPath: string
  maps: Manifest['maps']
  extraItems: Manifest['extraItems']
  configPaths: Manifest['configPaths']
  /** What could be in it, by the names that items have at the top of an archive. */
  items: Omit<ManifestItem, 'kind' | 'files' | 'contentBytes'>[]
  /** By whose clock the time in the file's name was written. */
  timeZone: string
}

/** `<STAMP>/…` of the daily script, `orchestrator-<STAMP>/…` of the one by hand. */
const STAMPED = /^(?:orchestrator-)?\d{8}_\d{6}$/
const STAMP = /(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)/

/** The folder around everything in a file of the stock script, by the first member's path; null for any other layout. */
export function wrapperOf(firstPath: string): string | null {
  const top = topName(firstPath)
  return STAMPED.test(top) ? top : null
}

/** A path without the folder around everything; empty for that folder itself. */
export function unwrapped(path: string, wrapper: string | null): string {
  if (wrapper === null) return path
  if (path === wrapper) return ''
  return path.startsWith(`${wrapper}/`) ? path.slice(wrapper.length + 1) : path
}

/** An id that the same file has each time it is adopted into the same workspace. */
export async function adoptedId(path: string, workspaceId: WorkspaceId): Promise<ArchiveId> {
  const digest = createHash('sha256').update(`${workspaceId}\n`)
  for await (const piece of createReadStream(path)) digest.update(piece as Buffer)
  return `arc_${digest.digest('hex').slice(0, 24)}` as ArchiveId
}

/** When a file was taken: the stamp in its name or its folder, else its newest file, never later than the tar file itself. */
export function timeOfTar(
  names: readonly (string | null)[],
  timeZone: string,
  { newestMs, fileMs }: { newestMs: number | null; fileMs: number },
): { createdAtMs: number; from: 'name' | 'newest file' | 'tar file' } {
  for (const name of names) {
    const createdAtMs = name === null ? null : stampMs(name, timeZone)
    if (createdAtMs !== null) return { createdAtMs, from: 'name' }
  }
  if (newestMs !== null && newestMs > 0 && newestMs <= fileMs) return { createdAtMs: newestMs, from: 'newest file' }
  return { createdAtMs: fileMs, from: 'tar file' }
}

/** The moment that `20261124_020000` is on the clocks of a time zone; null when there is none in the text. */
export function stampMs(text: string, timeZone: string): number | null {
  const match = STAMP.exec(basename(text))
  if (!match) return null
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number]
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second)
  if (new Date(asUtc).toISOString().replace(/[-:T]/g, '').slice(0, 14) !== match[0].replace('_', '')) return null
  return ZonedCalendar.of(timeZone).instantOf(asUtc)
}

/**
 * Which items an adopted file has, by the entries at its top, and what is to be said of the others. What belongs to no item becomes one of its own, so that
 * it can be restored into a target; the config names no place for it.
 */
export function itemsIn(
  into: AdoptInto,
  tops: ReadonlyMap<string, Entry['type']>,
): { items: Omit<ManifestItem, 'files' | 'contentBytes'>[]; findings: Finding[] } {
  const findings: Finding[] = []
  const items = into.items.map((item): Omit<ManifestItem, 'files' | 'contentBytes'> => {
    const type = item.archiveName === null ? undefined : tops.get(item.archiveName)
    if (type !== undefined) return { ...item, kind: kindOf(type) }
    findings.push({ severity: 'warning', code: 'item_missing', path: item.key, message: `${item.label} is not in the file.` })
    return { ...item, kind: 'missing', archiveName: null }
  })
  const known = new Set(items.map(({ archiveName }) => archiveName))
  for (const [top, type] of tops) {
    if (known.has(top)) continue
    // No key of a config: what comes out of a file must never go where one says.
    const own = { key: `./${top}`, label: top, archiveName: top, kind: kindOf(type), sourcePath: null, configured: null }
    items.push({ ...own, importance: 'medium' })
    findings.push({
      severity: 'info',
      code: 'no_item',
      path: top,
      message: `${top} belongs to no item of the workspace as its config reads now; it can be restored into a target.`,
    })
  }
  return { items, findings }
}

const kindOf = (type: Entry['type']): 'file' | 'folder' => (type === 'dir' ? 'folder' : 'file')
