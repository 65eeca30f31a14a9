/**
 * Takes archives out of the catalog for good, with the rows that no archive left sees. `since` and `until` may then name numbers that are no archive's any
 * more: a version stands from the first archive at or after `since` until before `until`, whatever is there. So nothing else has to be written.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ArchiveId } from '#lib/base/ids.ts'
import { inTransaction, prepared, type WritableDb } from '../handle.ts'
import { nodeOf, nodesSeenBy } from './tables/folder-names.ts'
import { asCatalogWriter } from './writer-lock.ts'

interface Neighbours {
  archive: number
  series: number
  number: number
  before: number | null
  after: number | null
  afterId: string | null
}

/** Removes archives, as the one writer of the catalog; those that it does not know are passed over. */
export function pruneArchives(db: WritableDb, ids: readonly ArchiveId[]): Promise<void> {
  return asCatalogWriter(db, async () => {
    const going = new Set<string>(ids)
    for (const id of ids) pruneArchive(db, id, going)
    await giveBack(db)
  })
}

/** Pages given back in one transaction: about 8 MB, so that no page of the console waits for it. */
const PAGES_A_STEP = 2000
/** Of the file; so much stays free, since the next archives want it. */
const SPARE_PART = 0.05

/** Gives pages that nothing is on any more back to the file system, bit by bit. */
async function giveBack(db: WritableDb): Promise<void> {
  const count = (pragma: 'freelist_count' | 'page_count') => db.pragma(pragma, { simple: true }) as number
  for (let free = count('freelist_count'); free > count('page_count') * SPARE_PART; ) {
    db.pragma(`incremental_vacuum(${PAGES_A_STEP})`)
    const left = count('freelist_count')
    // A file that was made without auto_vacuum gives nothing back.
    if (left >= free) return
    free = left
    await nextTurn()
  }
}

/** `going` are all that are pruned now: what they changed is not counted again. */
function pruneArchive(db: WritableDb, archiveId: ArchiveId, going: ReadonlySet<string>): void {
  inTransaction(db, () => {
    const row = prepared<[string], Neighbours>(
      db,
      `SELECT a.archive, a.series, a.number,
         (SELECT MAX(b.number) FROM archives b WHERE b.series = a.series AND b.number < a.number) AS before,
         (SELECT MIN(c.number) FROM archives c WHERE c.series = a.series AND c.number > a.number) AS after,
         (SELECT d.id FROM archives d WHERE d.series = a.series AND d.number > a.number ORDER BY d.number LIMIT 1) AS afterId
       FROM archives a WHERE a.id = ?`,
    ).get(archiveId)
    if (!row) return
    if (row.after === null) removeNewest(db, row)
    else removeBetween(db, row, row.after)
    prepared<[number]>(db, 'DELETE FROM archive_details WHERE archive = ?').run(row.archive)
    prepared<[number]>(db, 'DELETE FROM marks WHERE archive = ?').run(row.archive)
    prepared<[number]>(db, 'DELETE FROM archives WHERE archive = ?').run(row.archive)
    if (row.after !== null && !going.has(row.afterId!)) recount(db, row, row.after)
  })
}

/** What began after the archive before and had ended by the one after was seen by this one alone. */
function removeBetween(db: WritableDb, { series, before }: Neighbours, after: number): void {
  const span = { series, before: before ?? 0, after }
  const ended = prepared<Record<string, unknown>, { parent: number; name: Buffer; until: number }>(
    db,
    `SELECT p.parent, p.name, v.until FROM entry_versions v JOIN paths p ON p.path = v.path
     WHERE v.series = :series AND v.until > :before AND v.until <= :after AND v.since > :before`,
  ).all(span)
  const removeName = prepared<Record<string, unknown>>(
    db,
    'DELETE FROM folder_names WHERE series = :series AND parent = :parent AND node = :node AND name = :name AND since > :before AND until = :until',
  )
  // The span of a name ends with the last of its versions, and began with any of them.
  const nodes = new Map<number, number[]>()
  for (const { parent, name, until } of ended) {
    let of = nodes.get(until)
    if (!of) nodes.set(until, (of = nodesBetween(span.before, until)))
    for (const node of of) removeName.run({ series, before: span.before, parent, name, until, node })
  }
  prepared<Record<string, unknown>>(
    db,
    'DELETE FROM entry_versions WHERE series = :series AND until > :before AND until <= :after AND since > :before',
  ).run(span)
  prepared<Record<string, unknown>>(
    db,
    `DELETE FROM folder_totals WHERE series = :series AND since > :before AND since < :after
       AND EXISTS (SELECT 1 FROM folder_totals t WHERE t.path = folder_totals.path AND t.series = :series AND t.since > folder_totals.since AND t.since <= :after)`,
  ).run(span)
}

/** Where spans are filed that begin after `before` and end at `until`. */
function nodesBetween(before: number, until: number): number[] {
  const nodes = new Set<number>()
  for (let since = before + 1; since < until; since++) nodes.add(nodeOf(since, until))
  return [...nodes]
}

/** The series' rows say again what the archive before saw; nothing is left of a series without one. */
function removeNewest(db: WritableDb, { series, before, number }: Neighbours): void {
  if (before === null) {
    for (const table of ['folder_names', 'entry_versions', 'folder_totals'])
      prepared<[number]>(db, `DELETE FROM ${table} WHERE series = ?`).run(series)
    return
  }
  removeBetween(db, { archive: 0, series, number, before, after: null, afterId: null }, number)
  const begun = prepared<[number, number], { parent: number; name: Buffer }>(
    db,
    'SELECT p.parent, p.name FROM entry_versions v JOIN paths p ON p.path = v.path WHERE v.series = ? AND v.since > ?',
  ).all(series, before)
  const removeOpen = prepared<[number, number, Buffer, number]>(
    db,
    'DELETE FROM folder_names WHERE series = ? AND parent = ? AND node = 0 AND name = ? AND since > ?',
  )
  for (const { parent, name } of begun) removeOpen.run(series, parent, name, before)
  const ended = prepared<[number, number, number], { parent: number; name: Buffer; until: number }>(
    db,
    'SELECT p.parent, p.name, v.until FROM entry_versions v JOIN paths p ON p.path = v.path WHERE v.series = ? AND v.until > ? AND v.since <= ?',
  ).all(series, before, before)
  const reopen = prepared<[number, number, number, Buffer, number]>(
    db,
    'UPDATE folder_names SET node = 0, until = NULL WHERE series = ? AND parent = ? AND node = ? AND name = ? AND until > ?',
  )
  const nodes = nodesSeenBy(before, number).filter((node) => node !== 0)
  for (const { parent, name } of ended) for (const node of nodes) reopen.run(series, parent, node, name, before)
  prepared<[number, number]>(db, 'DELETE FROM entry_versions WHERE series = ? AND since > ?').run(series, before)
  prepared<[number, number]>(db, 'UPDATE entry_versions SET until = NULL WHERE series = ? AND until > ?').run(series, before)
  prepared<[number, number]>(db, 'DELETE FROM folder_totals WHERE series = ? AND since > ?').run(series, before)
}

/** What the archive after changed, now against the one before; the first of a series changed nothing. */
function recount(db: WritableDb, { series, before }: Neighbours, after: number): void {
  const counts =
    before === null
      ? { added: null, changed: null, removed: null }
      : prepared<Record<string, unknown>, { added: number; changed: number; removed: number }>(db, COUNTS).get({ series, before, after })!
  prepared<Record<string, unknown>>(
    db,
    `UPDATE archives SET files_added = :added, files_changed = :changed, files_removed = :removed WHERE series = :series AND number = :after AND committed = 1`,
  ).run({ ...counts, series, after })
}

/** Everything but folders; a thing is the same when type, size, content, link, mode and owner are. */
const COUNTS = `
  WITH was AS (SELECT * FROM entry_versions WHERE series = :series AND until > :before AND until <= :after AND since <= :before AND type <> 'd'),
    now AS (SELECT * FROM entry_versions WHERE series = :series AND since > :before AND since <= :after AND (until IS NULL OR until > :after) AND type <> 'd')
  SELECT (SELECT COUNT(*) FROM now WHERE path NOT IN (SELECT path FROM was)) AS added,
    (SELECT COUNT(*) FROM was WHERE path NOT IN (SELECT path FROM now)) AS removed,
    (SELECT COUNT(*) FROM was JOIN now USING (path)
      WHERE was.type IS NOT now.type OR was.size IS NOT now.size OR was.sha256 IS NOT now.sha256 OR was.link IS NOT now.link
          OR was.mode <> now.mode OR was.uid <> now.uid OR was.gid <> now.gid) AS changed`
