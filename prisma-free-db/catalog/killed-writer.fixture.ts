/** A process that writes half of an archive into a catalog, says so, and then stands still until it is killed. */
import { openCatalog } from '../open-database.ts'
import { applyArchive } from './apply-archive.ts'
import type { ArchiveRow } from './archive-row.ts'
import { entriesOf } from './testing.ts'
import { asCatalogWriter } from './writer-lock.ts'

const [path, row] = process.argv.slice(2) as [string, string]
const archive = JSON.parse(row) as ArchiveRow
const { db } = openCatalog(path)
const tree = Object.fromEntries(Array.from({ length: 6000 }, (_, n) => [`new/f${n}`, `${n}`]))

async function* half() {
  for (const [at, after] of entriesOf(tree)) yield { path: at, before: null, after }
  process.send!('half way')
  // The timer keeps hold of the promise: one that nothing can ever settle is collected, and the lock with it.
  await new Promise((resolve) => setInterval(() => process.connected || resolve(null), 1000))
}

await asCatalogWriter(db, () => applyArchive(db, { repository: { id: 'repo_x', location: '/' }, archive, marks: [], delta: half() }))
