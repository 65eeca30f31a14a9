import { AppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { FrameId } from '../entry.ts'
import { assertOneFrame, decompressFrame } from '../repository/frame.ts'
import { FrameIndex } from '../repository/frame-index.ts'
import type { Lease } from '../repository/lease.ts'
import type { PackKind } from '../repository/pack.ts'
import { PackWriter } from '../repository/pack-writer.ts'
import type { Repository } from '../repository/repository.ts'
import type { FrameMarks } from './frame-marks.ts'
import { isPackAsNamed } from './is-pack-as-named.ts'

/** Neighbours are read together up to this size. */
const READ_BYTES = 4 * 1024 * 1024

export interface RepackInput {
  repository: Repository
  lease: Lease
  needed: FrameMarks
  /** Positions of the packs in the index's `packNames`; all of one kind. */
  packs: ReadonlySet<number>
  kind: PackKind
  signal?: AbortSignal | undefined
  onBytes?: ((bytes: number) => void) | undefined
}

interface Frame {
  id: FrameId
  offset: number
  storedBytes: number
  rawBytes: number
}

/**
 * Writes what is needed of some packs into new ones, in the order in which archives need it. A pack that has the SHA-256 of its name is what was written, and so
 * are its frames (ADR 121); of any other, each frame is checked against its id on the way. Gives the names of the new packs, durable by then, and
 * their bytes with indexes. Throws `frame_damaged`; then nothing new is left behind, unless the lease was lost.
 */
export async function repack(input: RepackInput): Promise<{ packs: string[]; bytes: number }> {
  const { lease } = input
  // Not the repository's own index: that one has them all.
  const writer = new PackWriter(input.repository, input.kind, new FrameIndex())
  const proven = new Map<string, boolean>()
  try {
    for (const run of runsOf(input)) {
      throwIfCancelled(input.signal)
      if (!proven.has(run.pack)) proven.set(run.pack, await isPackAsNamed(input.repository.storage, run.pack))
      await copy(input, writer, run, proven.get(run.pack)!)
      await writer.written()
    }
    await writer.finish()
    return { packs: writer.packs, bytes: writer.storedBytes }
  } catch (error) {
    // Who took over meanwhile may need what was written here: then the next prune deals with it.
    await writer.abort({ removePacks: await lease.isHeld() })
    throw error
  }
}

/** Frames that follow each other in a pack as well as in the order, up to as many as are read together. */
function* runsOf({ needed, packs }: RepackInput): Generator<{ pack: string; frames: Frame[] }> {
  let pack = ''
  let frames: Frame[] = []
  let end = -1
  let bytes = 0
  for (const number of needed.order) {
    if (!packs.has(needed.index.packAt(number))) continue
    const { id, location } = needed.index.frameAt(number)
    if (location.pack !== pack || location.offset !== end || bytes >= READ_BYTES) {
      if (frames.length > 0) yield { pack, frames }
      pack = location.pack
      frames = []
      bytes = 0
    }
    frames.push({ id, offset: location.offset, storedBytes: location.storedBytes, rawBytes: location.rawBytes })
    end = location.offset + location.storedBytes
    bytes += location.storedBytes
  }
  if (frames.length > 0) yield { pack, frames }
}

async function copy(
  { repository, onBytes }: RepackInput,
  writer: PackWriter,
  { pack, frames }: { pack: string; frames: Frame[] },
  isProven: boolean,
): Promise<void> {
  const run = await repository.packReader.run(pack, frames)
  for (const [n, { id, rawBytes }] of frames.entries()) {
    const frame = run[n]!
    if (isProven) assertOneFrame(frame, rawBytes)
    else if (repository.codec.frameId(decompressFrame(frame, rawBytes)) !== id) {
      throw new AppError('frame_damaged', {
        message: `Frame ${id} of ${pack} does not match its id, and would be copied.`,
        hint: 'Nothing was deleted. Run `orchive verify --all` to see which archives are affected.',
      })
    }
    writer.add(id, frame, rawBytes)
  }
  onBytes?.(frames.reduce((sum, { storedBytes }) => sum + storedBytes, 0))
}
