/** Frames out of packs, as the zstd frames that they are. Ids are not checked here. */
import { AppError } from '#lib/base/errors.ts'
import type { PackOpener } from './codec.ts'
import type { PackPlace } from './pack.ts'

/** Where a frame lies in its pack. */
export interface PackRange {
  offset: number
  storedBytes: number
}

export class PackReader {
  private readonly place: PackPlace
  private readonly openers = new Map<string, PackOpener>()

  constructor(place: PackPlace) {
    this.place = place
  }

  /** One frame, in `into` if it has room for it; throws `object_missing`, or `frame_damaged` where the pack ends before it or it is not what was written. */
  async frame({ pack, ...range }: PackRange & { pack: string }, into?: Buffer): Promise<Buffer> {
    return (await this.run(pack, [range], into))[0]!
  }

  /** Frames that lie side by side, read at once; into `into` if it has room for them. */
  async run(pack: string, ranges: readonly PackRange[], into?: Buffer): Promise<Buffer[]> {
    const from = ranges[0]!.offset
    const last = ranges.at(-1)!
    const opener = await this.opener(pack)
    const length = last.offset + last.storedBytes - from
    const bytes = await this.place.storage.read(pack, from, length, into && into.length >= length ? into : undefined)
    return ranges.map(({ offset, storedBytes }) => {
      const stored = bytes.subarray(offset - from, offset - from + storedBytes)
      if (stored.length < storedBytes) throw endsBefore(pack, offset)
      return opener.open(stored, offset)
    })
  }

  /** Forgets what packs begin with; after packs were replaced. */
  drop(): void {
    this.openers.clear()
  }

  private async opener(pack: string): Promise<PackOpener> {
    const known = this.openers.get(pack)
    if (known) return known
    const { storage, codec } = this.place
    const { headBytes } = codec.packs
    const head = headBytes === 0 ? Buffer.alloc(0) : await storage.read(pack, 0, headBytes)
    const opener = codec.packs.opener(head)
    this.openers.set(pack, opener)
    return opener
  }
}

function endsBefore(pack: string, offset: number): AppError {
  return new AppError('frame_damaged', {
    message: `${pack} ends before the frame at byte ${offset} does.`,
    hint: 'Run `orchive verify --all` to see which archives are affected.',
  })
}
