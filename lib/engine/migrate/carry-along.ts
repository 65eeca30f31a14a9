/** Everything that is said beside the archives: marks, where manifests lie, numbers that are spent, and copies of consoles and their audit logs. */
import { AppError, isAppError } from '#lib/base/errors.ts'
import { type ArchiveId, isArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Finding } from '../finding.ts'
import { settleTrash } from '../prune/trash.ts'
import { REVOKED_FOLDER } from '../repository/key-slots.ts'
import { manifestName, trashedManifestName } from '../repository/manifest.ts'
import { decodeMark } from '../repository/mark.ts'
import { REPLACED_NAME } from '../repository/replaced.ts'
import type { Repository } from '../repository/repository.ts'
import { MIGRATION_FOLDER } from './migration-note.ts'

interface Between {
  source: Repository
  target: Repository
  signal?: AbortSignal | undefined
}

/** Of a place, and of this repository alone. */
const STAYS = ['system/replica/', MIGRATION_FOLDER, REPLACED_NAME, REVOKED_FOLDER]

/** Copies the marks of one archive, as they are and under their numbers; before it is listed. */
export async function carryMarks({ source, target }: Between, id: ArchiveId): Promise<void> {
  for await (const { name } of source.storage.list(`marks/${id}/`)) await copyMark(source, target, name)
}

/**
 * Brings everything beside the archives up to date: marks that came since, archives that were forgotten, taken back or are gone for good, and what is not
 * about archives. Gives what could not be taken along.
 */
export async function carryAlong({ source, target, signal }: Between): Promise<Finding[]> {
  const there = new Set([...(await target.listArchives()), ...(await target.listTrashed())])
  const here = new Set([...(await source.listArchives()), ...(await source.listTrashed())])
  const marked = await namesBelow(target, 'marks/')
  for (const name of await namesBelow(source, 'marks/')) {
    throwIfCancelled(signal)
    const id = name.split('/')[1]!
    if (isArchiveId(id) && there.has(id) && !marked.has(name)) await copyMark(source, target, name)
  }
  for (const name of await namesBelow(source, 'trash/numbers/')) await copyOnce(source, target, name)
  await settleTrash(target)
  for (const id of there) if (!here.has(id)) await letGo(target, id)
  return await carrySystem(source, target, signal)
}

async function copyMark(source: Repository, target: Repository, name: string): Promise<void> {
  const bytes = await source.objects.get(name)
  decodeMark(name, bytes)
  await putOnce(target, name, bytes)
}

/** Of an archive that a prune took meanwhile: nothing is listed before the first byte of it goes. */
async function letGo(target: Repository, id: ArchiveId): Promise<void> {
  await target.storage.remove(manifestName(id))
  await target.storage.remove(trashedManifestName(id))
  await target.removeMarks(id)
}

async function carrySystem(source: Repository, target: Repository, signal: AbortSignal | undefined): Promise<Finding[]> {
  const findings: Finding[] = []
  const there = await namesBelow(target, 'system/')
  for (const name of await namesBelow(source, 'system/')) {
    throwIfCancelled(signal)
    if (there.has(name) || STAYS.some((own) => name.startsWith(own))) continue
    try {
      await copyOnce(source, target, name)
    } catch (error) {
      if (!isAppError(error) || error.code !== 'repository_damaged') throw error
      findings.push({ severity: 'warning', code: error.code, path: name, message: `${error.message} It stays behind.` })
    }
  }
  return findings
}

async function copyOnce(source: Repository, target: Repository, name: string): Promise<void> {
  await putOnce(target, name, await source.objects.get(name))
}

async function putOnce({ objects }: Repository, name: string, bytes: Buffer): Promise<void> {
  try {
    await objects.put(name, bytes)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'object_exists') throw error
  }
}

async function namesBelow({ storage }: Repository, prefix: string): Promise<Set<string>> {
  const names = new Set<string>()
  for await (const { name } of storage.list(prefix)) names.add(name)
  return names
}
