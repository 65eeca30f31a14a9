/** `.orchive/manifest.json` of an export: what the archive was of. It comes from outside, so nothing in it is believed that was not looked at. */
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { ItemBaseline, ManifestItem } from '../repository/manifest.ts'

export const NOTE_FOLDER = '.orchive'
export const NOTE_PATH = '.orchive/manifest.json'
/** A hundred bytes a file, for a million files and more. */
export const MOST_NOTE_BYTES = 256 * 1024 * 1024

export interface ExportNote {
  id: ArchiveId
  workspaceId: WorkspaceId
  workspaceName: string
  root: string
  configPath: string
  createdAt: string
  host: string
  maps: { from: string; to: string }[]
  extraItems: { key: string; importance: ManifestItem['importance'] }[]
  items: ManifestItem[]
  configPaths: Record<string, string>
  baselines: Record<string, ItemBaseline>
  /** SHA-256 of each file's content by archive path. */
  checksums: Record<string, string>
}

/** Reads the note; throws `import_refused` naming what is wrong with it. */
export function parseNote(text: string): ExportNote {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong('is no JSON')
  }
  const note = object(value, 'it')
  return {
    id: matching(note.id, /^arc_[0-9a-f]{24}$/, 'id') as ArchiveId,
    workspaceId: matching(note.workspaceId, /^ws_[0-9a-f]{16}$/, 'workspaceId') as WorkspaceId,
    workspaceName: text_(note.workspace, 'workspace'),
    root: absolute(note.root, 'root'),
    configPath: absolute(note.configPath, 'configPath'),
    createdAt: timeOf(note.createdAt),
    host: text_(note.host, 'host'),
    maps: list(note.maps, 'maps').map((map) => ({
      from: text_(object(map, 'maps').from, 'maps'),
      to: text_(object(map, 'maps').to, 'maps'),
    })),
    extraItems: list(note.extraItems, 'extraItems').map((item) => ({
      key: text_(object(item, 'extraItems').key, 'extraItems'),
      importance: importance(object(item, 'extraItems').importance),
    })),
    items: list(note.items, 'items').map(itemOf),
    configPaths: texts(note.configPaths, 'configPaths'),
    baselines: baselinesOf(note.baselines),
    checksums: texts(note.checksums, 'checksums'),
  }
}

function itemOf(value: unknown): ManifestItem {
  const item = object(value, 'items')
  return {
    key: text_(item.key, 'items.key'),
    label: text_(item.label, 'items.label'),
    importance: importance(item.importance),
    kind: oneOf(item.kind, ['file', 'folder', 'missing', 'not-covered'] as const, 'items.kind'),
    archiveName: item.archiveName === null ? null : matching(item.archiveName, /^(?!\.{1,2}$)[^/]+$/, 'items.archiveName'),
    sourcePath: item.sourcePath === null ? null : absolute(item.sourcePath, 'items.sourcePath'),
    configured: item.configured === null ? null : text_(item.configured, 'items.configured'),
    files: 0,
    contentBytes: 0,
  }
}

function baselinesOf(value: unknown): Record<string, ItemBaseline> {
  return Object.fromEntries(
    Object.entries(object(value, 'baselines')).map(([key, one]) => {
      const { sizeBytes, lists } = object(one, 'baselines')
      const counts = Object.entries(object(lists, 'baselines')).map(([name, count]) => [name, whole(count)] as const)
      return [key, { sizeBytes: whole(sizeBytes), lists: Object.fromEntries(counts) }]
    }),
  )
}

const importance = (value: unknown) => oneOf(value, ['critical', 'high', 'medium'] as const, 'importance')

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`has no object where ${what} should be`)
  return value as Record<string, unknown>
}
function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(`has no list of ${what}`)
  return value
}
function text_(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw wrong(`has no ${what}`)
  return value
}
function texts(value: unknown, what: string): Record<string, string> {
  const found = object(value, what)
  for (const one of Object.values(found)) text_(one, what)
  return found as Record<string, string>
}
function matching(value: unknown, shape: RegExp, what: string): string {
  if (!shape.test(text_(value, what))) throw wrong(`has an odd ${what}`)
  return value as string
}
function absolute(value: unknown, what: string): string {
  const path = text_(value, what)
  if (!path.startsWith('/') || path.split('/').includes('..')) throw wrong(`has an odd ${what}`)
  return path
}
function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong('has an odd number')
  return value as number
}
function oneOf<T extends string>(value: unknown, choices: readonly T[], what: string): T {
  const found = choices.find((choice) => choice === value)
  if (found === undefined) throw wrong(`has an odd ${what}`)
  return found
}
function timeOf(value: unknown): string {
  const ms = Date.parse(text_(value, 'createdAt'))
  if (Number.isNaN(ms)) throw wrong('has an odd createdAt')
  return new Date(ms).toISOString()
}

function wrong(what: string): AppError {
  return new AppError('import_refused', {
    message: `Nothing was imported: ${NOTE_PATH} ${what}.`,
    hint: 'Take the export again with `orchive export`; one of an older version does not say enough.',
  })
}
