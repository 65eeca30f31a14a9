import type { ChangeCounts } from '#lib/contracts/archive.ts'
import { inTransaction, type WritableDb } from '../handle.ts'
import type { ArchiveRow, MarkRow, RepositoryRow } from './archive-row.ts'
import { type DeltaRow, type EntryRow, isSameThing } from './entry-row.ts'
import { type ArchiveKey, commitArchive, insertUncommitted } from './tables/archives.ts'
import { VersionWriter } from './tables/entry-versions.ts'
import { FolderNameWriter } from './tables/folder-names.ts'
import { FolderTotals } from './tables/folder-totals.ts'
import { PathWriter } from './tables/paths.ts'

/** Small enough that nobody waits long for the write lock, large enough that commits do not count. */
const ROWS_A_TRANSACTION = 5000

/** An archive to take in: its head, its marks, and how its entries differ from the newest one of its series. */
export interface ArchiveToApply {
  repository: RepositoryRow
  archive: ArchiveRow
  marks: readonly MarkRow[]
  /** In archive order. */
  delta: AsyncIterable<DeltaRow>
  signal?: AbortSignal
}

/**
 * Takes one archive into the catalog, as its series' newest. Runs under the writer lock (`asCatalogWriter`); when it does
 * not end, the next holder of the lock undoes what was written. Gives the change counts and the number of delta rows.
 */
export async function applyArchive(db: WritableDb, input: ArchiveToApply): Promise<{ changes: ChangeCounts | null; rows: number }> {
  const key = insertUncommitted(db, input.repository, input.archive)
  const isFirst = isFirstOfSeries(db, key)
  const paths = new PathWriter(db, key.workspace, key.root)
  const versions = new VersionWriter(db, key.series, key.number)
  const names = new FolderNameWriter(db, key.series, key.number)
  const totals = new FolderTotals()
  const changes: ChangeCounts = { added: 0, changed: 0, removed: 0 }
  let rows = 0

  for await (const batch of inBatches(input.delta, ROWS_A_TRANSACTION)) {
    input.signal?.throwIfAborted()
    rows += batch.length
    inTransaction(db, () => {
      for (const change of batch) {
        const { path, parent, name } = paths.intern(change.path, change.before?.type === 'dir' || change.after?.type === 'dir')
        if (change.before) versions.close(path, change.path)
        if (change.after) versions.open(path, change.after)
        if (change.before === null) names.add(parent, name, path)
        if (change.after === null) names.remove(parent, name, path)
        totals.add(parent, change)
        count(changes, change)
      }
      paths.flush()
      versions.flush()
      names.flush()
    })
  }
  totals.write(db, key.series, key.number, (folder) => paths.parentOf(folder))
  commitArchive(db, key, isFirst ? null : changes, input.marks)
  return { changes: isFirst ? null : changes, rows }
}

function isFirstOfSeries(db: WritableDb, key: ArchiveKey): boolean {
  return db.prepare('SELECT 1 FROM archives WHERE series = ? AND number < ? LIMIT 1').get(key.series, key.number) === undefined
}

/** Counts everything but folders. */
function count(changes: ChangeCounts, { before, after }: DeltaRow): void {
  const was = isThing(before)
  const is = isThing(after)
  if (!was && is) changes.added++
  else if (was && !is) changes.removed++
  else if (was && is && !isSameThing(before, after)) changes.changed++
}

function isThing(entry: EntryRow | null): entry is EntryRow {
  return entry !== null && entry.type !== 'dir'
}

async function* inBatches<T>(rows: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
