/** The frames of a repository that lie in packs which are whole, those in the trash included: what need not be looked for. */
import { AppError } from '#lib/base/errors.ts'
import type { FrameId } from '../entry.ts'
import { decompressFrame } from '../repository/frame.ts'
import { FrameIndex } from '../repository/frame-index.ts'
import { loadIndexes } from '../repository/pack-index.ts'
import { linesOf, type Repository } from '../repository/repository.ts'

export class SoundFrames {
  private readonly repository: Repository
  private readonly index: FrameIndex

  private constructor(repository: Repository, index: FrameIndex) {
    this.repository = repository
    this.index = index
  }

  /** Reads the indexes of all packs but the damaged ones. */
  static async load(repository: Repository, damaged: ReadonlySet<string>): Promise<SoundFrames> {
    const index = new FrameIndex()
    for (const prefix of ['packs/', 'trash/packs/']) await loadIndexes(repository, index, { prefix, skip: damaged })
    return new SoundFrames(repository, index)
  }

  has(id: FrameId): boolean {
    return this.index.has(id)
  }

  /** The lines of a section that is there; throws `frame_damaged` when it went bad since everything was looked at. */
  async lines(id: FrameId): Promise<string[]> {
    const location = this.index.get(id)!
    const { codec, packReader } = this.repository
    const raw = decompressFrame(await packReader.frame(location), location.rawBytes)
    if (codec.frameId(raw) === id) return linesOf(raw)
    throw new AppError('frame_damaged', {
      message: `Section ${id} of ${location.pack} does not match its id.`,
      hint: 'The disk gives other bytes than a moment ago. Check it, then run this again.',
    })
  }
}
