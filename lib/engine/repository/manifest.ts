/**
 * The manifest: the record of one archive. Text, a header line a fact (`name` tab JSON), a line a section, and last
 * `end <lines above> <SHA-256 of everything above>`. Unknown header lines are skipped, so that a later version can add some.
 */
import { createHash } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, SeriesId, WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '../finding.ts'
import { readFields } from './manifest-fields.ts'
import { openObject, sealObject } from './seal.ts'
import type { SectionRef } from './section.ts'

export type ArchiveKind = 'backup' | 'safety' | 'offload' | 'import' | 'partial'

/** An item as the archive holds it. */
export interface ManifestItem {
  key: string
  label: string
  importance: 'critical' | 'high' | 'medium'
  kind: 'file' | 'folder' | 'missing' | 'not-covered'
  /** Its name at the top of the archive; null when nothing of it is in there. */
  archiveName: string | null
  /** Where it was on the host, text form. */
  sourcePath: string | null
  /** The value in the config; null for the config file. */
  configured: string | null
  files: number
  contentBytes: number
}

/** What later archives compare a JSON item with. */
export interface ItemBaseline {
  sizeBytes: number
  /** Length of each top-level list. */
  lists: Record<string, number>
}

export interface Manifest {
  version: 1
  id: ArchiveId
  workspaceId: WorkspaceId
  workspaceName: string
  root: string
  configPath: string
  series: SeriesId
  seriesNumber: number
  kind: ArchiveKind
  /** ISO 8601 UTC. */
  createdAt: string
  durationMs: number
  parentId: ArchiveId | null
  note: string | null
  actor: string
  host: string
  /** Version of Orchive that took it. */
  tool: string
  maps: { from: string; to: string }[]
  extraItems: { key: string; importance: 'critical' | 'high' | 'medium' }[]
  items: ManifestItem[]
  /** Path keys of the config as they were, for the next archive to notice a change. */
  configPaths: Record<string, string>
  baselines: Record<string, ItemBaseline>
  findings: Finding[]
  totals: { files: number; entries: number; contentBytes: number; storedBytes: number }
  sections: SectionRef[]
}

const VERSION_LINE = 'orchive-manifest 1'
const HEADER_FIELDS = [
  'id',
  'workspaceId',
  'workspaceName',
  'root',
  'configPath',
  'series',
  'seriesNumber',
  'kind',
  'createdAt',
  'durationMs',
  'parentId',
  'note',
  'actor',
  'host',
  'tool',
  'maps',
  'extraItems',
  'items',
  'configPaths',
  'baselines',
  'findings',
  'totals',
] as const satisfies (keyof Manifest)[]

export const manifestName = (id: ArchiveId) => `manifests/${id}.mft.zst`
/** Where the manifest of a forgotten archive lies. */
export const trashedManifestName = (id: ArchiveId) => `trash/manifests/${id}.mft.zst`

/** The stored form of a manifest. */
export function encodeManifest(manifest: Manifest): Buffer {
  const lines = [
    VERSION_LINE,
    ...HEADER_FIELDS.map((field) => `${field}\t${JSON.stringify(manifest[field])}`),
    ...manifest.sections.map((section) => `section\t${section.id}\t${section.entries}\t${section.firstPath}`),
  ]
  const body = `${lines.join('\n')}\n`
  const digest = createHash('sha256').update(body).digest('hex')
  return sealObject(Buffer.from(`${body}end ${lines.length} ${digest}\n`))
}

/** Reads a stored manifest; throws `repository_damaged` naming the archive for anything but a whole, unaltered one. */
export function decodeManifest(id: ArchiveId, stored: Uint8Array): Manifest {
  const damaged = (what: string, cause?: unknown) =>
    new AppError('repository_damaged', {
      message: `The manifest of ${id} ${what}.`,
      hint: 'That archive cannot be read; others are not affected. Look for a copy of the repository that still has it.',
      context: { archiveId: id },
      cause,
    })
  let text: string
  try {
    text = openObject(stored).toString('utf8')
  } catch (error) {
    throw damaged('cannot be decompressed', error)
  }
  const endAt = text.lastIndexOf('\nend ') + 1
  const end = /^end (\d+) ([0-9a-f]{64})\n$/.exec(text.slice(endAt))
  if (!end) throw damaged('has no end line')
  const body = text.slice(0, endAt)
  if (createHash('sha256').update(body).digest('hex') !== end[2]) throw damaged('does not match its own checksum')
  const lines = body.slice(0, -1).split('\n')
  if (lines.length !== Number(end[1])) throw damaged('does not have the number of lines that it names')
  if (lines[0] !== VERSION_LINE) {
    throw new AppError('repository_unknown_format', {
      message: `The manifest of ${id} has an unknown format (“${lines[0]}”).`,
      hint: 'A newer Orchive wrote it; use that one.',
    })
  }
  try {
    const manifest = readLines(lines.slice(1))
    if (manifest.id === id) return manifest
  } catch (error) {
    throw damaged('cannot be understood', error)
  }
  throw damaged('names another archive')
}

function readLines(lines: string[]): Manifest {
  const headers = new Map<string, unknown>()
  const sections: string[] = []
  for (const line of lines) {
    const tab = line.indexOf('\t')
    const name = line.slice(0, tab)
    if (name === 'section') sections.push(line)
    else headers.set(name, JSON.parse(line.slice(tab + 1)))
  }
  return readFields(headers, sections)
}
