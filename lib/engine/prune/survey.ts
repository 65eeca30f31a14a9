/**
 * What the archives of a repository need. Invariant: nobody forgets or prunes while any manifest, listed or in the trash, is unreadable, or refers to
 * a frame that no index knows; then it is not known what can go.
 */
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { FrameId } from '../entry.ts'
import { idText } from '../repository/index-lines.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import { visitFrames } from '../repository/section-frames.ts'
import type { ArchiveHead } from './delete-vetoes.ts'
import { FrameMarks } from './frame-marks.ts'

/** Frames that archives need, where they lie now. */
export interface Needed {
  inPacks: FrameMarks
  /** Of packs that lie in the trash: such packs have to come back. */
  inTrash: FrameMarks
}

export interface SurveyOptions {
  signal?: AbortSignal | undefined
  onArchive?: ((done: number, total: number, id: ArchiveId) => void) | undefined
}

/** The heads of listed and of forgotten archives; throws `prune_refused` when one cannot be read. */
export async function readHeads(
  repository: Repository,
  { signal }: SurveyOptions = {},
): Promise<{ listed: ArchiveHead[]; trashed: ArchiveHead[] }> {
  const heads = async (ids: ArchiveId[]) => {
    const read: ArchiveHead[] = []
    for (const id of ids) {
      throwIfCancelled(signal)
      const { workspaceId, workspaceName, series, seriesNumber, kind, createdAt } = await readOrRefuse(repository, id)
      read.push({ id, workspaceId, workspaceName, series, seriesNumber, kind, createdAt })
    }
    return read.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  }
  return { listed: await heads(await repository.listArchives()), trashed: await heads(await repository.listTrashed()) }
}

/** Throws `prune_refused` when one of these archives is not there: what only it needs would be taken for what nobody needs. */
export function requireAll({ storage }: Repository, expected: readonly ArchiveId[], heads: readonly ArchiveHead[]): void {
  const there = new Set(heads.map(({ id }) => id))
  const lost = expected.filter((id) => !there.has(id))
  if (lost.length === 0) return
  const what = lost.length === 1 ? `The archive ${lost[0]} is` : `${lost.length} archives, ${lost[0]} first, are`
  throw new AppError('prune_refused', {
    message: `${what} in the catalog and not in ${storage.location} any more. What only they need would be taken for what nobody needs, so nothing was deleted.`,
    hint: 'Bring the manifests back: `orchive repository heal` looks in replicas, with --from in a copy of the repository. What is meant to be gone is left out of the catalog by `orchive catalog rebuild`.',
    context: { archiveIds: lost.slice(0, 100) },
  })
}

/** No frame needed yet, of a repository as it is now. */
export async function nothingNeeded(repository: Repository): Promise<Needed> {
  return { inPacks: new FrameMarks(await repository.index()), inTrash: new FrameMarks(await repository.trashIndex()) }
}

/** Adds what archives need, in their order; what an earlier one needs is not looked at twice. Throws `prune_refused`. */
export async function addNeeds(
  repository: Repository,
  needed: Needed,
  ids: readonly ArchiveId[],
  options: SurveyOptions = {},
): Promise<void> {
  for (const [done, id] of ids.entries()) {
    options.onArchive?.(done, ids.length, id)
    for (const section of (await readOrRefuse(repository, id)).sections) {
      throwIfCancelled(options.signal)
      if (!addFrame(repository, needed, id, section.id, true)) continue
      await addFramesOf(repository, needed, id, section.id)
    }
  }
}

/** False when it was there already. */
function addFrame(repository: Repository, { inPacks, inTrash }: Needed, archive: ArchiveId, frame: FrameId, isSection = false): boolean {
  const isNew = inPacks.add(frame, isSection) ?? inTrash.add(frame, isSection)
  if (isNew !== null) return isNew
  throw lacks(repository, archive, frame)
}

async function addFramesOf(repository: Repository, { inPacks, inTrash }: Needed, archive: ArchiveId, section: FrameId): Promise<void> {
  try {
    visitFrames(await repository.readSectionBytes(section), (frame) => {
      if ((inPacks.addWords(frame) ?? inTrash.addWords(frame)) === null) throw lacks(repository, archive, idText(frame, 0))
    })
  } catch (error) {
    if (!isAppError(error) || error.code === 'prune_refused') throw error
    throw refused(`A part of ${archive} cannot be read: ${error.message}`, archive, error)
  }
}

const lacks = (repository: Repository, archive: ArchiveId, frame: FrameId) =>
  refused(`${archive} needs frame ${frame}, which is in no pack of ${repository.storage.location}.`, archive)

async function readOrRefuse(repository: Repository, id: ArchiveId): Promise<Manifest> {
  try {
    return await repository.readManifest(id)
  } catch (error) {
    throw isAppError(error) && error.code !== 'io_failed' ? refused(error.message, id, error) : error
  }
}

function refused(what: string, archiveId: ArchiveId, cause?: unknown): AppError {
  return new AppError('prune_refused', {
    message: `${what} While that is so it is not known what can go, and nothing was deleted.`,
    hint: 'See `orchive repository heal --dry-run`: it looks for what is missing in live files, and with --from in a copy of the repository; an archive that is to be given up is one whose manifest you move out of the repository by hand, before `orchive catalog rebuild`.',
    context: { archiveId },
    cause,
  })
}
