/** The frames of a repository that lie in packs which are whole, those in the trash included: what need not be looked for. */
import { AppError } from '#lib/base/errors.ts'
import type { FrameId } from '../entry.ts'
import { decompressFrame, frameIdOf } from '../repository/frame.ts'
import { FrameIndex } from '../repository/frame-index.ts'
import { loadIndexes } from '../repository/pack.ts'
import { linesOf } from '../repository/repository.ts'
import type { Storage } from '../storage/storage.ts'

export class SoundFrames {
  private readonly storage: Storage
  private readonly index: FrameIndex

  private constructor(storage: Storage, index: FrameIndex) {
    this.storage = storage
    this.index = index
  }

  /** Reads the indexes of all packs but the damaged ones. */
  static async load(storage: Storage, damaged: ReadonlySet<string>): Promise<SoundFrames> {
    const index = new FrameIndex()
    for (const prefix of ['packs/', 'trash/packs/']) await loadIndexes(storage, index, { prefix, skip: damaged })
    return new SoundFrames(storage, index)
  }

  has(id: FrameId): boolean {
    return this.index.has(id)
  }

  /** The lines of a section that is there; throws `frame_damaged` when it went bad since everything was looked at. */
  async lines(id: FrameId): Promise<string[]> {
    const { pack, offset, storedBytes, rawBytes } = this.index.get(id)!
    const raw = decompressFrame(await this.storage.read(pack, offset, storedBytes), rawBytes)
    if (frameIdOf(raw) === id) return linesOf(raw)
    throw new AppError('frame_damaged', {
      message: `Section ${id} of ${pack} does not match its id.`,
      hint: 'The disk gives other bytes than a moment ago. Check it, then run this again.',
    })
  }
}
