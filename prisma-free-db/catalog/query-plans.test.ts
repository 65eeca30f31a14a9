import { expect, test } from 'vitest'
import { queryPlan } from '../testing.ts'
import { CALENDAR } from './queries/calendar.ts'
import { CURRENT_ENTRIES } from './queries/current-entries.ts'
import { NEIGHBOURS } from './queries/get-archive.ts'
import { HISTORY, VERSION_SPANS } from './queries/history.ts'
import { ITEM_GROWTH } from './queries/item-growth.ts'
import { FACTS } from './queries/last-good.ts'
import { LIST_ACCEPTED } from './queries/list-accepted.ts'
import { LIST_ARCHIVES } from './queries/list-archives.ts'
import { folderSql, GET_ENTRY } from './queries/list-folder.ts'
import { LIST_RESTORABLE } from './queries/list-restorable.ts'
import { LIST_TRASH } from './queries/list-trash.ts'
import { VERSIONS } from './queries/lost-versions.ts'
import { PROVEN_COPIES } from './queries/proven-copies.ts'
import { PROVEN } from './queries/proven-levels.ts'
import { BY_PREFIX, NEWEST } from './queries/resolve-archive.ts'
import { RETENTION_FACTS } from './queries/retention-facts.ts'
import {
  CANDIDATES_BY_NAME,
  CANDIDATES_IN_ARCHIVE,
  candidatesInFolder,
  HITS_END,
  SEEN,
  VERSION_IN_ARCHIVE,
} from './queries/search-names.ts'
import { GROWTH } from './queries/storage.ts'
import { TestCatalog } from './testing.ts'

const QUERIES = {
  GET_ENTRY,
  HISTORY,
  VERSION_SPANS,
  GROWTH,
  ITEM_GROWTH,
  PROVEN_COPIES,
  CURRENT_ENTRIES,
  BY_PREFIX,
  CANDIDATES_BY_NAME,
  HITS_END,
  VERSION_IN_ARCHIVE,
  LIST_ARCHIVES: LIST_ARCHIVES.ofWorkspace('none'),
  LIST_ARCHIVES_SUSPECT: LIST_ARCHIVES.ofWorkspace('suspect'),
  LIST_ARCHIVES_HELD: LIST_ARCHIVES.ofWorkspace('held'),
  LIST_ARCHIVES_PROVEN: LIST_ARCHIVES.ofWorkspace('proven'),
  LIST_ARCHIVES_OF_KIND: LIST_ARCHIVES.ofWorkspace('kind'),
  LIST_ARCHIVES_OF_ALL: LIST_ARCHIVES.ofAll,
  NEWEST_OF_WORKSPACE: NEWEST.ofWorkspace,
  NEWEST_OF_ALL: NEWEST.ofAll,
  NEIGHBOUR_BEFORE: NEIGHBOURS.before,
  NEIGHBOUR_AFTER: NEIGHBOURS.after,
  FACTS_NEWEST: FACTS.newest,
  FACTS_LAST_GOOD: FACTS.lastGood,
  FACTS_OLDEST: FACTS.oldest,
  LIST_ACCEPTED,
  LIST_TRASH_OF_WORKSPACE: LIST_TRASH.ofWorkspace,
  LIST_TRASH_OF_ALL: LIST_TRASH.ofAll,
  LIST_RESTORABLE_WHOLE: LIST_RESTORABLE.whole,
  LIST_RESTORABLE_ALL: LIST_RESTORABLE.all,
  PROVEN_COUNTS: PROVEN.counts,
  PROVEN_NEWEST: PROVEN.newest(3),
  RETENTION_FACTS,
  VERSIONS_ENDED: VERSIONS.ended,
  VERSIONS_OPEN: VERSIONS.open,
  VERSIONS_OF_PATH: VERSIONS.ofPath,
  SEEN_FIRST: SEEN.first,
  SEEN_LAST: SEEN.last,
}

test.each(Object.entries(QUERIES))('%s reaches every table through an index and sorts nothing', (_, sql) => {
  using catalog = new TestCatalog()
  for (const step of queryPlan(catalog.db, sql)) {
    expect(step).not.toContain('TEMP B-TREE')
    if (step.startsWith('SCAN')) expect(step).toMatch(/^SCAN (h$|CONSTANT ROW|json_each VIRTUAL TABLE|s VIRTUAL TABLE INDEX \d+:M1>)/)
  }
})

test('a folder page seeks in each node by folder and name, and sorts no more than a page from each', () => {
  using catalog = new TestCatalog()
  for (const sql of [folderSql(3), candidatesInFolder(3)]) {
    const plan = queryPlan(catalog.db, sql)
    const streams = plan.filter((step) => step.startsWith('SEARCH f '))
    expect(streams).toEqual(Array(3).fill('SEARCH f USING PRIMARY KEY (series=? AND parent=? AND node=? AND name>?)'))
    for (const step of plan.filter((each) => each.startsWith('SCAN'))) expect(step).toMatch(/^SCAN (n|\(subquery-\d+\))$/)
  }
  expect(queryPlan(catalog.db, folderSql(3))).toEqual(
    expect.arrayContaining([
      'SEARCH v USING PRIMARY KEY (path=? AND series=? AND since=?)',
      'SEARCH x USING PRIMARY KEY (path=? AND series=? AND since<?)',
      'SEARCH t USING PRIMARY KEY (path=? AND series=? AND since=?) LEFT-JOIN',
      'SEARCH b USING PRIMARY KEY (path=? AND series=? AND since=?) LEFT-JOIN',
    ]),
  )
})

test('the days of a calendar each seek their archives; only what they have is sorted', () => {
  using catalog = new TestCatalog()
  expect(queryPlan(catalog.db, CALENDAR).filter((step) => /^(SCAN|SEARCH a )/.test(step))).toEqual([
    'SCAN json_each VIRTUAL TABLE INDEX 1:',
    expect.stringContaining('SEARCH a USING INDEX archives_by_workspace (workspace=? AND created_at_ms>? AND created_at_ms<?)'),
    expect.stringContaining('SEARCH a USING'),
  ])
})

test('a search in one archive asks the name index once and seeks one version a name', () => {
  using catalog = new TestCatalog()
  expect(queryPlan(catalog.db, CANDIDATES_IN_ARCHIVE)).toEqual(
    expect.arrayContaining([
      // Hits come one by one: sorted or kept, all of them would be looked at for a page of fifty.
      'CO-ROUTINE h',
      expect.stringMatching(/^SCAN s VIRTUAL TABLE INDEX \d+:M1>$/),
      'SEARCH p USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH v USING PRIMARY KEY (path=? AND series=? AND since=?)',
    ]),
  )
})

test('undoing an archive finds its rows by number', () => {
  using catalog = new TestCatalog()
  const plans = [
    'DELETE FROM entry_versions WHERE series = ? AND since = ?',
    'UPDATE entry_versions SET until = NULL WHERE series = ? AND until = ?',
    'DELETE FROM folder_totals WHERE series = ? AND since = ?',
  ].map((sql) => (catalog.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(1, 1) as { detail: string }[]).map((row) => row.detail))
  expect(plans).toEqual([
    ['SEARCH entry_versions USING INDEX entry_versions_since (series=? AND since=?)'],
    ['SEARCH entry_versions USING INDEX entry_versions_until (series=? AND until=?)'],
    ['SEARCH folder_totals USING INDEX folder_totals_since (series=? AND since=?)'],
  ])
})
