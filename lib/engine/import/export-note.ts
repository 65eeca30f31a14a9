/** `.orchive/manifest.json` of an export: what the archive was of. It comes from outside, so nothing in it is believed that was not looked at. */
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import { checksWith } from '../checked-values.ts'
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

const check = checksWith(wrong)

/** Reads the note; throws `import_refused` naming what is wrong with it. */
export function parseNote(text: string): ExportNote {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong('is no JSON')
  }
  const note = check.object(value, 'it')
  return {
    id: check.matching(note.id, /^arc_[0-9a-f]{24}$/, 'id') as ArchiveId,
    workspaceId: check.matching(note.workspaceId, /^ws_[0-9a-f]{16}$/, 'workspaceId') as WorkspaceId,
    workspaceName: check.text(note.workspace, 'workspace'),
    root: check.absolute(note.root, 'root'),
    configPath: check.absolute(note.configPath, 'configPath'),
    createdAt: timeOf(note.createdAt),
    host: check.text(note.host, 'host'),
    maps: check.list(note.maps, 'maps').map((map) => ({
      from: check.text(check.object(map, 'maps').from, 'maps'),
      to: check.text(check.object(map, 'maps').to, 'maps'),
    })),
    extraItems: check.list(note.extraItems, 'extraItems').map((item) => ({
      key: check.text(check.object(item, 'extraItems').key, 'extraItems'),
      importance: importance(check.object(item, 'extraItems').importance),
    })),
    items: check.list(note.items, 'items').map(itemOf),
    configPaths: check.texts(note.configPaths, 'configPaths'),
    baselines: baselinesOf(note.baselines),
    checksums: check.texts(note.checksums, 'checksums'),
  }
}

function itemOf(value: unknown): ManifestItem {
  const item = check.object(value, 'items')
  return {
    key: check.text(item.key, 'items.key'),
    label: check.text(item.label, 'items.label'),
    importance: importance(item.importance),
    kind: check.oneOf(item.kind, ['file', 'folder', 'missing', 'not-covered'] as const, 'items.kind'),
    archiveName: item.archiveName === null ? null : check.matching(item.archiveName, /^(?!\.{1,2}$)[^/]+$/, 'items.archiveName'),
    sourcePath: item.sourcePath === null ? null : check.absolute(item.sourcePath, 'items.sourcePath'),
    configured: item.configured === null ? null : check.text(item.configured, 'items.configured'),
    files: 0,
    contentBytes: 0,
  }
}

function baselinesOf(value: unknown): Record<string, ItemBaseline> {
  return Object.fromEntries(
    Object.entries(check.object(value, 'baselines')).map(([key, one]) => {
      const { sizeBytes, lists } = check.object(one, 'baselines')
      const counts = Object.entries(check.object(lists, 'baselines')).map(
        ([name, count]) => [name, check.whole(count, 'baselines')] as const,
      )
      return [key, { sizeBytes: check.whole(sizeBytes, 'baselines'), lists: Object.fromEntries(counts) }]
    }),
  )
}

const importance = (value: unknown) => check.oneOf(value, ['critical', 'high', 'medium'] as const, 'importance')

function timeOf(value: unknown): string {
  const ms = Date.parse(check.text(value, 'createdAt'))
  if (Number.isNaN(ms)) throw wrong('has an odd createdAt')
  return new Date(ms).toISOString()
}

function wrong(what: string): AppError {
  return new AppError('import_refused', {
    message: `Nothing was imported: ${NOTE_PATH} ${what}.`,
    hint: 'Take the export again with `orchive export`; one of an older version does not say enough.',
  })
}
