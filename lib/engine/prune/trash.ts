/**
 * Where the manifest of an archive lies follows from its marks: the last of `forget` and `unforget` decides. The mark is made first, so that a crash
 * in between leaves something to finish, and whoever next deletes under the lease finishes it.
 */
import { AppError } from '#lib/base/errors.ts'
import { type ArchiveId, isArchiveId } from '#lib/base/ids.ts'
import { manifestName, trashedManifestName } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { Storage } from '../storage/storage.ts'

/** Moves the manifest of an archive that has its mark `forget` out of the list. */
export const moveToTrash = ({ storage }: Repository, id: ArchiveId) => moveOnce(storage, manifestName(id), trashedManifestName(id))

/** Lists an archive again that has its mark `unforget`. */
export const moveFromTrash = ({ storage }: Repository, id: ArchiveId) => moveOnce(storage, trashedManifestName(id), manifestName(id))

/** Renames, unless it was done and only its answer lost. */
async function moveOnce(storage: Storage, from: string, to: string): Promise<void> {
  try {
    await storage.move(from, to)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'object_missing' || !(await storage.stat(to))) throw error
  }
}

/** Finishes what a crash left between mark and move; gives the archives that it was about. Under the lease. */
export async function settleTrash(repository: Repository): Promise<ArchiveId[]> {
  const last = await lastWords(repository.storage)
  const settled: ArchiveId[] = []
  for (const id of await repository.listArchives()) {
    if (last.get(id) !== 'forget') continue
    await moveToTrash(repository, id)
    settled.push(id)
  }
  for (const id of await repository.listTrashed()) {
    if (last.get(id) !== 'unforget') continue
    await moveFromTrash(repository, id)
    settled.push(id)
  }
  return settled
}

/** The last of `forget` and `unforget` of each archive that has one; names say it. */
async function lastWords(storage: Storage): Promise<Map<ArchiveId, string>> {
  const last = new Map<ArchiveId, { seq: string; kind: string }>()
  for await (const { name } of storage.list('marks/')) {
    const [, id = '', seq = '', kind = ''] = /^marks\/(arc_[0-9a-f]{24})\/(\d{6})-(forget|unforget)\.json$/.exec(name) ?? []
    if (isArchiveId(id) && seq > (last.get(id)?.seq ?? '')) last.set(id, { seq, kind })
  }
  return new Map([...last].map(([id, { kind }]) => [id, kind]))
}
