/** What there is to be written, before anything is: every archive has to be readable as far as its lines, and whole as far as indexes tell. */
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { FrameId } from '../entry.ts'
import { FrameMarks } from '../prune/frame-marks.ts'
import { idText } from '../repository/index-lines.ts'
import type { Repository } from '../repository/repository.ts'
import { visitFrames } from '../repository/section-frames.ts'

export interface MigrationPlan {
  /** That the new repository does not have yet, oldest first; listed ones and those in the trash. */
  archives: ArchiveId[]
  /** Entries of sections that have to be written. */
  entries: number
  /** Stored bytes that have to be read for them, at most. */
  bytes: number
  /** What they take in the new repository, at most. */
  neededBytes: number
}

export interface PlanInput {
  source: Repository
  target: Repository
  /** Archives that are there already, or not to be taken along. */
  without: ReadonlySet<ArchiveId>
  /** Sections that are in the new repository already. */
  written: ReadonlyMap<FrameId, FrameId>
  signal?: AbortSignal | undefined
  onArchive?: ((done: number, total: number, id: ArchiveId) => void) | undefined
}

/** Reads every manifest and the lines of every section that is not written yet. */
export async function planMigration({ source, target, without, written, signal, onArchive }: PlanInput): Promise<MigrationPlan> {
  const ids = [...new Set([...(await source.listArchives()), ...(await source.listTrashed())])].filter((id) => !without.has(id))
  // What is listed by now is in packs that the indexes have by now.
  source.dropIndex()
  const marks = [new FrameMarks(await source.index()), new FrameMarks(await source.trashIndex())]
  const archives: { id: ArchiveId; createdAt: string }[] = []
  const seen = new Set<FrameId>()
  let entries = 0
  const need = (id: FrameId, archive: ArchiveId) => {
    if (marks.some((mark) => mark.add(id) !== null)) return
    throw unreadable(archive, `needs frame ${id}, which is in no pack`)
  }
  for (const [done, id] of ids.entries()) {
    onArchive?.(done, ids.length, id)
    try {
      const manifest = await source.readManifest(id)
      archives.push({ id, createdAt: manifest.createdAt })
      for (const section of manifest.sections) {
        throwIfCancelled(signal)
        if (written.has(section.id) || seen.has(section.id)) continue
        seen.add(section.id)
        entries += section.entries
        need(section.id, id)
        visitFrames(await source.readSectionBytes(section.id), (frame) => {
          if (!marks.some((mark) => mark.addWords(frame) !== null)) need(idText(frame, 0), id)
        })
      }
    } catch (error) {
      if (!isAppError(error) || error.code === 'cancelled' || error.code === 'io_failed' || error.code === 'archive_unknown') throw error
      throw error.context.archiveId === id ? error : unreadable(id, `cannot be read: ${error.message}`, error)
    }
  }
  const bytes = marks.reduce((sum, mark) => sum + mark.bytes, 0)
  const frames = marks.reduce((sum, mark) => sum + mark.count, 0)
  return {
    archives: archives.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)).map(({ id }) => id),
    entries,
    bytes,
    neededBytes: bytes + frames * (target.codec.packs.extraBytes + INDEX_LINE_BYTES),
  }
}

/** Of a line of an index, compressed. */
const INDEX_LINE_BYTES = 48

/** The failure of an archive that does not hold; says what can be done. */
export function unreadable(archiveId: ArchiveId, what: string, cause?: unknown): AppError {
  return new AppError('repository_damaged', {
    message: `${archiveId} ${what.replace(/\.$/, '')}.`,
    hint: 'Run `orchive repository heal` first. An archive that is to be given up is left out with --leave-out.',
    context: { archiveId },
    cause,
  })
}
