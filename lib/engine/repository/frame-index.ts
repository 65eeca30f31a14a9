/**
 * Where frames are stored. Frames have numbers, in the order in which they came: their words lie one after the other in chunks of memory that never move,
 * 48 bytes a frame, and an open-addressing table of numbers finds them by id. So millions of frames fit in memory, and growing copies no frame.
 */
import type { FrameId } from '../entry.ts'
import { ID_WORDS, idText, LINE_WORDS, parseIndexLines, writeIdWords } from './index-lines.ts'

export interface FrameLocation {
  /** Name of the pack object. */
  pack: string
  offset: number
  storedBytes: number
  rawBytes: number
}

/** An id, then: pack number, offset, stored bytes, raw bytes. */
const FRAME_WORDS = ID_WORDS + 4
const [PACK, OFFSET, STORED, RAW] = [ID_WORDS, ID_WORDS + 1, ID_WORDS + 2, ID_WORDS + 3] as const
const CHUNK_BITS = 14
const CHUNK_FRAMES = 1 << CHUNK_BITS
const FEWEST_SLOTS = 1024

/** The index's memory, shared between threads: readers in workers see frames that were there when they got it, and may miss later ones. */
export interface SharedFrameIds {
  /** Numbers of frames + 1 (0 = empty), by the beginnings of their ids. */
  slots: Uint32Array
  chunks: readonly Uint32Array[]
}

/** Whether a shared index holds a frame. A miss may be stale, a hit never is. */
export function sharedHas(shared: SharedFrameIds, id: FrameId, scratch: Uint32Array): boolean {
  writeIdWords(id, scratch, 0)
  return shared.slots[findSlot(shared.slots, shared.chunks, scratch, 0)] !== 0
}

/** Uncompressed size of a frame in a shared index; null when it is not there. */
export function sharedRawBytes(shared: SharedFrameIds, id: FrameId, scratch: Uint32Array): number | null {
  writeIdWords(id, scratch, 0)
  const number = shared.slots[findSlot(shared.slots, shared.chunks, scratch, 0)]!
  return number === 0 ? null : wordOf(shared.chunks, number - 1, RAW)
}

/** Frame id → location. Ids are compared whole. */
export class FrameIndex {
  private readonly packs: string[] = []
  private readonly packNumbers = new Map<string, number>()
  private slots = sharedWords(FEWEST_SLOTS)
  private readonly chunks: Uint32Array[] = []
  private count = 0
  private readonly key = new Uint32Array(ID_WORDS)

  /** The index's memory as it is now, for worker threads. */
  get shared(): SharedFrameIds {
    return { slots: this.slots, chunks: [...this.chunks] }
  }

  /** Frames known: their numbers go from 0 up to this. */
  get size(): number {
    return this.count
  }

  /** Bytes of all frames, each counted once: as content, and as they are stored. */
  totals(): { rawBytes: number; storedBytes: number } {
    let rawBytes = 0
    let storedBytes = 0
    for (let number = 0; number < this.count; number++) {
      storedBytes += wordOf(this.chunks, number, STORED)
      rawBytes += wordOf(this.chunks, number, RAW)
    }
    return { rawBytes, storedBytes }
  }

  /** Names of the packs that hold them. */
  get packNames(): readonly string[] {
    return this.packs
  }

  /** Adds a frame; the first location of an id wins. Returns false when it was known already. */
  add(id: FrameId, location: FrameLocation): boolean {
    writeIdWords(id, this.key, 0)
    return this.addWords(this.key, 0, location)
  }

  /** The same for the id whose words begin at `from`. */
  addWords(ids: Uint32Array, from: number, { pack, offset, storedBytes, rawBytes }: FrameLocation): boolean {
    this.reserve(1)
    return this.enter(ids, from, this.packNumber(pack), offset, storedBytes, rawBytes)
  }

  /** Adds all frames of another index, as of one pack. */
  addAll(others: FrameIndex, pack: string): void {
    const packNumber = this.packNumber(pack)
    this.reserve(others.count)
    for (let number = 0; number < others.count; number++) {
      const chunk = others.chunks[number >> CHUNK_BITS]!
      const at = (number & (CHUNK_FRAMES - 1)) * FRAME_WORDS
      this.enter(chunk, at, packNumber, chunk[at + OFFSET]!, chunk[at + STORED]!, chunk[at + RAW]!)
    }
  }

  /**
   * Adds the lines of a pack's index (`id offset storedBytes rawBytes`) straight from their bytes. Returns false, with nothing added, when a line is not of
   * that form.
   */
  addLines(pack: string, text: Uint8Array, from: number): boolean {
    const lines = parseIndexLines(text, from)
    if (lines === null) return false
    const packNumber = this.packNumber(pack)
    this.reserve(lines.length / LINE_WORDS)
    for (let i = 0; i < lines.length; i += LINE_WORDS)
      this.enter(lines, i, packNumber, lines[i + ID_WORDS]!, lines[i + ID_WORDS + 1]!, lines[i + ID_WORDS + 2]!)
    return true
  }

  has(id: FrameId): boolean {
    writeIdWords(id, this.key, 0)
    return this.hasWords(this.key, 0)
  }

  /** Whether the id is known whose words begin at `from`. */
  hasWords(ids: Uint32Array, from: number): boolean {
    return this.slots[findSlot(this.slots, this.chunks, ids, from)] !== 0
  }

  /** The number of a frame; null when it is not known. */
  numberOf(id: FrameId): number | null {
    writeIdWords(id, this.key, 0)
    return this.numberOfWords(this.key, 0)
  }

  /** The number of the frame whose words begin at `from`; null when it is not known. */
  numberOfWords(ids: Uint32Array, from: number): number | null {
    const number = this.slots[findSlot(this.slots, this.chunks, ids, from)]!
    return number === 0 ? null : number - 1
  }

  /** Stored size of a frame by its number. */
  storedBytesAt(number: number): number {
    return wordOf(this.chunks, number, STORED)
  }

  /** The pack of a frame by its number, as its position in `packNames`. */
  packAt(number: number): number {
    return wordOf(this.chunks, number, PACK)
  }

  /** A frame by its number, and where it lies. */
  frameAt(number: number): { id: FrameId; location: FrameLocation } {
    const id = idText(this.chunks[number >> CHUNK_BITS]!, (number & (CHUNK_FRAMES - 1)) * FRAME_WORDS)
    return { id, location: this.locationAt(number) }
  }

  get(id: FrameId): FrameLocation | null {
    const number = this.numberOf(id)
    return number === null ? null : this.locationAt(number)
  }

  private locationAt(number: number): FrameLocation {
    const { chunks, packs } = this
    return {
      pack: packs[wordOf(chunks, number, PACK)]!,
      offset: wordOf(chunks, number, OFFSET),
      storedBytes: wordOf(chunks, number, STORED),
      rawBytes: wordOf(chunks, number, RAW),
    }
  }

  /** Adds a frame for which there is room; false when it is known. */
  private enter(ids: Uint32Array, from: number, pack: number, offset: number, storedBytes: number, rawBytes: number): boolean {
    const slot = findSlot(this.slots, this.chunks, ids, from)
    if (this.slots[slot] !== 0) return false
    const number = this.count++
    const chunk = (this.chunks[number >> CHUNK_BITS] ??= sharedWords(CHUNK_FRAMES * FRAME_WORDS))
    const at = (number & (CHUNK_FRAMES - 1)) * FRAME_WORDS
    for (let word = 0; word < ID_WORDS; word++) chunk[at + word] = ids[from + word]!
    chunk[at + PACK] = pack
    chunk[at + OFFSET] = offset
    chunk[at + STORED] = storedBytes
    chunk[at + RAW] = rawBytes
    // Last, since readers in other threads take a number in the table for a whole frame.
    this.slots[slot] = number + 1
    return true
  }

  private packNumber(name: string): number {
    let number = this.packNumbers.get(name)
    if (number === undefined) {
      number = this.packs.push(name) - 1
      this.packNumbers.set(name, number)
    }
    return number
  }

  /** Makes room for so many more frames at once; the table is at most two thirds full. */
  private reserve(more: number): void {
    let size = this.slots.length
    while ((this.count + more) * 3 > size * 2) size *= 2
    if (size === this.slots.length) return
    this.slots = sharedWords(size)
    for (let number = 0; number < this.count; number++) {
      let slot = wordOf(this.chunks, number, 0) & (size - 1)
      while (this.slots[slot] !== 0) slot = (slot + 1) & (size - 1)
      this.slots[slot] = number + 1
    }
  }
}

/** The slot that holds an id, or the empty one where it would go. */
function findSlot(slots: Uint32Array, chunks: readonly Uint32Array[], ids: Uint32Array, from: number): number {
  const mask = slots.length - 1
  let slot = ids[from]! & mask
  for (;;) {
    const number = slots[slot]!
    if (number === 0 || isSame(chunks, number - 1, ids, from)) return slot
    slot = (slot + 1) & mask
  }
}

/** False also for a frame that came after the chunks were shared. */
function isSame(chunks: readonly Uint32Array[], number: number, ids: Uint32Array, from: number): boolean {
  const chunk = chunks[number >> CHUNK_BITS]
  if (chunk === undefined) return false
  const at = (number & (CHUNK_FRAMES - 1)) * FRAME_WORDS
  for (let word = 0; word < ID_WORDS; word++) if (chunk[at + word] !== ids[from + word]) return false
  return true
}

const wordOf = (chunks: readonly Uint32Array[], number: number, word: number) =>
  chunks[number >> CHUNK_BITS]![(number & (CHUNK_FRAMES - 1)) * FRAME_WORDS + word]!

const sharedWords = (count: number) => new Uint32Array(new SharedArrayBuffer(count * 4))
