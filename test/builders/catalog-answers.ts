import { listArchivedDays } from '#db/catalog/queries/calendar.ts'
import { getArchive, getConfigPaths, listMarks } from '#db/catalog/queries/get-archive.ts'
import { listVersions } from '#db/catalog/queries/history.ts'
import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { listAccepted } from '#db/catalog/queries/list-accepted.ts'
import { listArchives } from '#db/catalog/queries/list-archives.ts'
import { getFolderTotals, listFolder } from '#db/catalog/queries/list-folder.ts'
import { listRestorable } from '#db/catalog/queries/list-restorable.ts'
import { listTrash } from '#db/catalog/queries/list-trash.ts'
import { listTree } from '#db/catalog/queries/list-tree.ts'
import { resolveArchive } from '#db/catalog/queries/resolve-archive.ts'
import { searchNames } from '#db/catalog/queries/search-names.ts'
import { getArchivedStorage, listGrowth } from '#db/catalog/queries/storage.ts'
import type { ReadableDb } from '#db/handle.ts'

/** What every query says about every archive. */
export function answers(db: ReadableDb, workspaceId: string, nowMs: number) {
  const { rows } = listArchives(db, {}, nowMs)
  const trees = rows.map(({ id }) => listTree(db, { archiveId: id, limit: 10_000 }))
  const folders = rows.map(({ id }) =>
    trees
      .flatMap((tree) => tree.rows.filter((row) => row.type === 'dir').map((row) => row.path))
      .flatMap((path) => folderOrNull(db, id, path)),
  )
  const paths = [...new Set(trees.flatMap((tree) => tree.rows.map((row) => row.path)))]
  const search = (request: object) =>
    searchNames(db, { pattern: '.json', limit: 500, ...request }).rows.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const days = Array.from({ length: 31 }, (_, n) => {
    const fromMs = nowMs - (30 - n) * 86_400_000
    return { date: String(n), fromMs, toMs: fromMs + 86_400_000 }
  })
  return {
    rows,
    held: listArchives(db, { held: true }, nowMs),
    suspect: listArchives(db, { suspect: true }, nowMs),
    proven: [1, 2, 3, 4, 5].map((minGrade) => listArchives(db, { minGrade }, nowMs)),
    details: rows.map(({ id }) => [getArchive(db, id, nowMs), getConfigPaths(db, id), listMarks(db, id), getFolderTotals(db, id)]),
    trees,
    folders,
    histories: paths.map((path) => listVersions(db, workspaceId, path)),
    found: [search({}), search({ workspaceId }), ...rows.map(({ id }) => search({ archiveId: id }))],
    names: ['latest', 'latest~1', `@${new Date(nowMs).toISOString()}`, rows[0]!.id.slice(0, 12)].map((name) =>
      resolveArchive(db, name, workspaceId),
    ),
    days: listArchivedDays(db, workspaceId, days, nowMs),
    restorable: listRestorable(db, workspaceId, days),
    accepted: listAccepted(db, workspaceId),
    trash: listTrash(db, { workspaceId }, nowMs),
    facts: getWorkspaceFacts(db, workspaceId, nowMs),
    storage: [getArchivedStorage(db, workspaceId), listGrowth(db, workspaceId, 0)],
  }
}

function folderOrNull(db: ReadableDb, archiveId: string, path: string) {
  try {
    return listFolder(db, { archiveId, path })
  } catch {
    return null
  }
}
