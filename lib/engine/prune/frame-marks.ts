import type { FrameId } from '../entry.ts'
import type { FrameIndex } from '../repository/frame-index.ts'

/** Which frames of an index were met, as a bit for each of its numbers, and in which order. The index must not grow meanwhile. */
export class FrameMarks {
  readonly index: FrameIndex
  private readonly bits: Uint8Array
  private numbers = new Uint32Array(1024)
  /** Of each pack: 0 = no frame of it was met, 1 = the first one met was a segment, 2 = it was a section. */
  private readonly kinds: Uint8Array
  /** Frames met. */
  count = 0
  /** Their stored bytes. */
  bytes = 0

  constructor(index: FrameIndex) {
    this.index = index
    this.bits = new Uint8Array(Math.ceil(index.size / 8))
    this.kinds = new Uint8Array(index.packNames.length)
  }

  /** Notes a frame: true when it is new, false when it was met before, null when the index does not know it. */
  add(id: FrameId, isSection = false): boolean | null {
    const number = this.index.numberOf(id)
    return number === null ? null : this.addNumber(number, isSection)
  }

  /** The same for the words of an id. */
  addWords(id: Uint32Array): boolean | null {
    const number = this.index.numberOfWords(id, 0)
    return number === null ? null : this.addNumber(number)
  }

  has(id: FrameId): boolean {
    const number = this.index.numberOf(id)
    return number !== null && this.hasNumber(number)
  }

  /** Whether the frame of this number was met. */
  hasNumber(number: number): boolean {
    return (this.bits[number >> 3]! & (1 << (number & 7))) !== 0
  }

  /** Notes the frame of this number; false when it was met before. */
  addNumber(number: number, isSection = false): boolean {
    if (this.hasNumber(number)) return false
    this.bits[number >> 3]! |= 1 << (number & 7)
    if (this.count === this.numbers.length) {
      const larger = new Uint32Array(this.numbers.length * 2)
      larger.set(this.numbers)
      this.numbers = larger
    }
    this.numbers[this.count++] = number
    const pack = this.index.packAt(number)
    if (this.kinds[pack] === 0) this.kinds[pack] = isSection ? 2 : 1
    this.bytes += this.index.storedBytesAt(number)
    return true
  }

  /** Numbers of the frames met, in the order in which they were. */
  get order(): Uint32Array {
    return this.numbers.subarray(0, this.count)
  }

  /** The same frames met, and none in order: for looking on without noting it here. */
  copy(): FrameMarks {
    const copy = new FrameMarks(this.index)
    copy.bits.set(this.bits)
    return copy
  }

  /** Names of packs of which a frame was met. */
  packNames(): string[] {
    return this.index.packNames.filter((_, pack) => this.kinds[pack] !== 0)
  }

  /**
   * By the position of a pack in the index's `packNames`: stored bytes met, where in the order its first frame came (-1 = none did), and whether it is
   * a pack of sections.
   */
  perPack(): { bytes: Float64Array; first: Int32Array; isMeta: (pack: number) => boolean } {
    const bytes = new Float64Array(this.kinds.length)
    const first = new Int32Array(this.kinds.length).fill(-1)
    for (let at = 0; at < this.count; at++) {
      const number = this.numbers[at]!
      const pack = this.index.packAt(number)
      bytes[pack]! += this.index.storedBytesAt(number)
      if (first[pack] === -1) first[pack] = at
    }
    return { bytes, first, isMeta: (pack) => this.kinds[pack] === 2 }
  }
}
