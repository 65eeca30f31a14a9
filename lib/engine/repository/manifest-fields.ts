/**
 * The headers of a manifest, held against the table in docs/repository-format.md. A checksum says that they are as they were written, not who wrote them:
 * repositories come from other hosts, too.
 */
import type { ArchiveId, SeriesId, WorkspaceId } from '#lib/base/ids.ts'
import { checksWith } from '../checked-values.ts'
import type { Finding } from '../finding.ts'
import type { ItemBaseline, Manifest, ManifestItem } from './manifest.ts'

const check = checksWith((what) => new Error(`It ${what}.`))
const ARCHIVE = /^arc_[0-9a-f]{24}$/
const HASH = /^[0-9a-f]{64}$/
const ABSOLUTE = /^\//
/** One name: no slash, no way up. */
const NAME = /^(?!\.{1,2}$)[^/]+$/
export const IMPORTANCES = ['critical', 'high', 'medium'] as const
export const ITEM_KINDS = ['file', 'folder', 'missing', 'not-covered'] as const

/** The manifest of its headers by name and its section lines; throws naming the header that is missing or of another form. Others are passed over. */
export function readFields(headers: ReadonlyMap<string, unknown>, sectionLines: readonly string[]): Manifest {
  const field = (name: keyof Manifest) => headers.get(name)
  return {
    version: 1,
    id: check.matching(field('id'), ARCHIVE, 'id') as ArchiveId,
    workspaceId: check.matching(field('workspaceId'), /^ws_[0-9a-f]{16}$/, 'workspaceId') as WorkspaceId,
    workspaceName: check.string(field('workspaceName'), 'workspaceName'),
    root: check.matching(field('root'), ABSOLUTE, 'root'),
    configPath: check.matching(field('configPath'), ABSOLUTE, 'configPath'),
    series: check.matching(field('series'), /^ser_[0-9a-f]{16}$/, 'series') as SeriesId,
    seriesNumber: check.whole(field('seriesNumber'), 'seriesNumber', 1),
    kind: check.oneOf(field('kind'), ['backup', 'safety', 'offload', 'import', 'partial'] as const, 'kind'),
    createdAt: check.moment(field('createdAt'), 'createdAt'),
    durationMs: check.whole(field('durationMs'), 'durationMs'),
    parentId: check.orNull(field('parentId'), (id) => check.matching(id, ARCHIVE, 'parentId') as ArchiveId, 'parentId'),
    note: check.orNull(field('note'), check.string, 'note'),
    actor: check.string(field('actor'), 'actor'),
    host: check.string(field('host'), 'host'),
    tool: check.string(field('tool'), 'tool'),
    maps: check.list(field('maps'), 'maps').map(mapOf),
    extraItems: check.list(field('extraItems'), 'extraItems').map(extraItemOf),
    items: check.list(field('items'), 'items').map(itemOf),
    configPaths: stringsOf(field('configPaths')),
    baselines: baselinesOf(field('baselines')),
    findings: findingsOf(field('findings')),
    totals: totalsOf(field('totals')),
    sections: sectionLines.map(sectionOf),
  }
}

/** The list of findings of a manifest or a mark. */
export function findingsOf(value: unknown): Finding[] {
  return check.list(value, 'findings').map((one): Finding => {
    const { severity, code, path, message } = check.object(one, 'a finding')
    return {
      severity: check.oneOf(severity, ['error', 'warning', 'info'] as const, 'severity'),
      code: check.string(code, 'code'),
      path: check.orNull(path, check.string, 'path'),
      message: check.string(message, 'message'),
    }
  })
}

function mapOf(value: unknown): Manifest['maps'][number] {
  const { from, to } = check.object(value, 'a map')
  return { from: check.string(from, 'from'), to: check.string(to, 'to') }
}

function extraItemOf(value: unknown): Manifest['extraItems'][number] {
  const { key, importance } = check.object(value, 'an extra item')
  return { key: check.text(key, 'key'), importance: check.oneOf(importance, IMPORTANCES, 'importance') }
}

function itemOf(value: unknown): ManifestItem {
  const item = check.object(value, 'an item')
  return {
    key: check.text(item.key, 'key'),
    label: check.string(item.label, 'label'),
    importance: check.oneOf(item.importance, IMPORTANCES, 'importance'),
    kind: check.oneOf(item.kind, ITEM_KINDS, 'kind'),
    archiveName: check.orNull(item.archiveName, (name) => check.matching(name, NAME, 'archiveName'), 'archiveName'),
    sourcePath: check.orNull(item.sourcePath, (path) => check.matching(path, ABSOLUTE, 'sourcePath'), 'sourcePath'),
    configured: check.orNull(item.configured, check.string, 'configured'),
    files: check.whole(item.files, 'files'),
    contentBytes: check.whole(item.contentBytes, 'contentBytes'),
  }
}

function stringsOf(value: unknown): Record<string, string> {
  const found = check.object(value, 'configPaths')
  for (const one of Object.values(found)) check.string(one, 'configPaths')
  return found as Record<string, string>
}

function baselinesOf(value: unknown): Record<string, ItemBaseline> {
  const found = check.object(value, 'baselines')
  for (const one of Object.values(found)) {
    const { sizeBytes, lists } = check.object(one, 'a baseline')
    check.whole(sizeBytes, 'sizeBytes')
    for (const length of Object.values(check.object(lists, 'lists'))) check.whole(length, 'lists')
  }
  return found as unknown as Record<string, ItemBaseline>
}

function totalsOf(value: unknown): Manifest['totals'] {
  const { files, entries, contentBytes, storedBytes } = check.object(value, 'totals')
  return {
    files: check.whole(files, 'files'),
    entries: check.whole(entries, 'entries'),
    contentBytes: check.whole(contentBytes, 'contentBytes'),
    storedBytes: check.whole(storedBytes, 'storedBytes'),
  }
}

function sectionOf(line: string): Manifest['sections'][number] {
  const [, id, entries, firstPath, ...more] = line.split('\t')
  if (more.length > 0 || !/^[1-9]\d{0,8}$/.test(entries ?? '')) throw new Error('It has a section line of another form.')
  return { id: check.matching(id, HASH, 'section'), entries: Number(entries), firstPath: check.text(firstPath, 'section') }
}
