/**
 * How many bytes of a repository a plan would free: frames of what goes that nothing which stays needs. Each distinct section is read once, and
 * what was seen is two bits a frame, so that a million files and a thousand archives fit in memory.
 */
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { FrameMarks } from '../prune/frame-marks.ts'
import type { Repository } from '../repository/repository.ts'
import { visitFrames } from '../repository/section-frames.ts'

export interface ReclaimMeasure {
  /** Stored bytes of frames that only archives which go refer to. */
  reclaimBytes: number
  /** Stored bytes of all frames that listed archives refer to. */
  referencedBytes: number
}

/** Measures a plan. Throws `repository_damaged` when a listed manifest cannot be read: what it needs would be counted as free. */
export async function measureReclaim(
  repository: Repository,
  forget: ReadonlySet<ArchiveId>,
  signal?: AbortSignal,
): Promise<ReclaimMeasure> {
  const index = await repository.index()
  const kept = new FrameMarks(index)
  const going = new FrameMarks(index)
  const ids = (await repository.listArchives()).sort()
  for (const id of ids) if (!forget.has(id)) await addArchive(repository, id, { into: kept, but: null, signal })
  for (const id of ids) if (forget.has(id)) await addArchive(repository, id, { into: going, but: kept, signal })
  return { reclaimBytes: going.bytes, referencedBytes: kept.bytes + going.bytes }
}

interface Adding {
  into: FrameMarks
  /** Frames that do not count, and sections that need not be read, since these have them. */
  but: FrameMarks | null
  signal: AbortSignal | undefined
}

async function addArchive(repository: Repository, id: ArchiveId, { into, but, signal }: Adding): Promise<void> {
  const { sections } = await repository.readManifest(id)
  for (const { id: section } of sections) {
    if (but?.has(section) || into.add(section) !== true) continue
    throwIfCancelled(signal)
    visitFrames(await repository.readSectionBytes(section), (frame) => {
      const number = into.index.numberOfWords(frame, 0)
      if (number !== null && !but?.hasNumber(number)) into.addNumber(number)
    })
  }
}
