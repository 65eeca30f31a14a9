/** Which frame of the new repository a frame of the old one is. 32 bytes and a place in a table for each, so that millions fit in memory. */
import type { FrameId } from '../entry.ts'
import { FrameIndex } from '../repository/frame-index.ts'

const ID_BYTES = 32
const BLOCK_IDS = 65_536

export class FrameTranslation {
  /** From an old id to the number of the new one, which stands where an offset does otherwise. */
  private readonly numbers = new FrameIndex()
  private readonly blocks: Buffer[] = []

  /** Null = it was not met yet. */
  get(from: FrameId): FrameId | null {
    const place = this.numbers.get(from)
    if (place === null) return null
    const at = (place.offset % BLOCK_IDS) * ID_BYTES
    return this.blocks[Math.floor(place.offset / BLOCK_IDS)]!.toString('hex', at, at + ID_BYTES)
  }

  /** Notes a frame that was not met before. */
  add(from: FrameId, to: FrameId): void {
    const number = this.numbers.size
    if (!this.numbers.add(from, { pack: '', offset: number, storedBytes: 0, rawBytes: 0 })) return
    if (number % BLOCK_IDS === 0) this.blocks.push(Buffer.allocUnsafe(BLOCK_IDS * ID_BYTES))
    this.blocks.at(-1)!.write(to, (number % BLOCK_IDS) * ID_BYTES, 'hex')
  }
}
