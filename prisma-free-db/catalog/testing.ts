/** Catalogs for tests, made from plain trees without a repository. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  type ArchiveId,
  newArchiveId,
  newRepositoryId,
  newSeriesId,
  newWorkspaceId,
  type SeriesId,
  type WorkspaceId,
} from '#lib/base/ids.ts'
import { comparePaths } from '#lib/base/path-text.ts'
import type { WritableDb } from '../handle.ts'
import { openCatalog } from '../open-database.ts'
import { temporaryFolder } from '../testing.ts'
import { applyArchive } from './apply-archive.ts'
import type { ArchiveRow, MarkRow } from './archive-row.ts'
import type { DeltaRow, EntryRow } from './entry-row.ts'
import { asCatalogWriter } from './writer-lock.ts'

/** Files by path with their content; folders come by themselves, empty ones as `null`. */
export type Tree = Record<string, string | null | Partial<EntryRow>>

/** A catalog in a folder of its own that archives of trees can be put into. */
export class TestCatalog {
  readonly path: string
  readonly db: WritableDb
  readonly workspaceId: WorkspaceId = newWorkspaceId()
  readonly mainSeries: SeriesId = newSeriesId()
  readonly repository = { id: newRepositoryId(), location: '/repository' }
  readonly #folder = temporaryFolder()
  readonly #close: () => void
  readonly #states = new Map<SeriesId, { number: number; entries: Map<string, EntryRow> }>()
  #clock = Date.UTC(2026, 0, 1)

  constructor() {
    this.path = join(this.#folder.path, 'catalog.db')
    const { db, close } = openCatalog(this.path)
    this.db = db
    this.#close = close
  }

  /** Takes an archive of a tree; one hour after the one before it unless told otherwise. */
  async take(tree: Tree, more: Partial<ArchiveRow> & { marks?: MarkRow[] } = {}): Promise<ArchiveId> {
    const { marks = [], ...row } = more
    const series = row.series ?? this.mainSeries
    const before = this.#states.get(series) ?? { number: 0, entries: new Map<string, EntryRow>() }
    const entries = entriesOf(tree)
    const archive = this.#row(entries, { ...row, series, seriesNumber: row.seriesNumber ?? before.number + 1 })
    const delta = deltaBetween(before.entries, entries)
    await asCatalogWriter(this.db, () => applyArchive(this.db, { repository: this.repository, archive, marks, delta: streamOf(delta) }))
    this.#states.set(series, { number: archive.seriesNumber, entries })
    return archive.id
  }

  [Symbol.dispose](): void {
    this.#close()
    this.#folder[Symbol.dispose]()
  }

  #row(entries: Map<string, EntryRow>, more: Partial<ArchiveRow> & { series: SeriesId; seriesNumber: number }): ArchiveRow {
    const files = [...entries.values()].filter((entry) => entry.type === 'file')
    this.#clock += 3_600_000
    return {
      id: newArchiveId(),
      workspaceId: this.workspaceId,
      workspaceName: 'prod',
      kind: 'backup',
      createdAtMs: this.#clock,
      durationMs: 1000,
      root: '/srv/prod',
      configPath: '/srv/prod/orchestrator_config.json',
      note: null,
      files: files.length,
      entries: entries.size,
      contentBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
      storedBytes: 10,
      items: [],
      findings: [],
      configPaths: {},
      ...more,
    }
  }
}

/** Every entry of a tree by path, folders included. */
export function entriesOf(tree: Tree): Map<string, EntryRow> {
  const entries = new Map<string, EntryRow>()
  for (const [path, value] of Object.entries(tree)) {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/')
      if (!entries.has(folder)) entries.set(folder, entryOf(folder, null))
    }
    entries.set(path, entryOf(path, value))
  }
  return entries
}

/** What changed between two sets of entries, in archive order. */
export function deltaBetween(before: Map<string, EntryRow>, after: Map<string, EntryRow>): DeltaRow[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort(comparePaths)
  return paths
    .map((path) => ({ path, before: before.get(path) ?? null, after: after.get(path) ?? null }))
    .filter(({ before: a, after: b }) => !(a && b && keyOf(a) === keyOf(b)))
}

/** Rows as they come from a repository. */
export async function* streamOf<T>(rows: Iterable<T>): AsyncGenerator<T> {
  yield* rows
}

function entryOf(path: string, value: Tree[string]): EntryRow {
  const common = {
    path,
    mtimeNs: 1_767_225_600_123_456_789n,
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    sha256: null,
    linkTarget: null,
    sizeBytes: 0,
  }
  if (value === null) return { ...common, type: 'dir', mode: 0o755 }
  if (typeof value !== 'string') return { ...common, type: 'file', ...value }
  return { ...common, type: 'file', sizeBytes: Buffer.byteLength(value), sha256: createHash('sha256').update(value).digest('hex') }
}

function keyOf(entry: EntryRow): string {
  return JSON.stringify(entry, (_, value) => (typeof value === 'bigint' ? String(value) : value))
}
