/** Where frames are stored: an open-addressing table over typed arrays, 48 bytes a slot, so that millions of frames fit in memory. */
import type { FrameId } from '../entry.ts'

export interface FrameLocation {
  /** Name of the pack object. */
  pack: string
  offset: number
  storedBytes: number
  rawBytes: number
}

const ID_WORDS = 8

/** The table's memory, shared between threads: readers in workers see frames that were there when they got it, and may miss later ones. */
export interface SharedFrameIds {
  capacity: number
  ids: Uint32Array
  places: Uint32Array
}

/** Whether a shared table holds a frame. A miss may be stale, a hit never is. */
export function sharedHas(shared: SharedFrameIds, id: FrameId, scratch: Uint32Array): boolean {
  parseId(id, scratch)
  return shared.places[findSlot(shared, scratch) * 4] !== 0
}

/** Uncompressed size of a frame in a shared table; null when it is not there. */
export function sharedRawBytes(shared: SharedFrameIds, id: FrameId, scratch: Uint32Array): number | null {
  parseId(id, scratch)
  const at = findSlot(shared, scratch) * 4
  return shared.places[at] === 0 ? null : shared.places[at + 3]!
}

/** An id on its way from words to text. */
const idBytes = Buffer.alloc(ID_WORDS * 4)

/** Frame id → location. Ids are compared whole. */
export class FrameIndex implements SharedFrameIds {
  private readonly packs: string[] = []
  private readonly packNumbers = new Map<string, number>()
  capacity: number
  ids: Uint32Array
  /** pack number + 1 (0 = empty slot), offset, stored bytes, raw bytes. */
  places: Uint32Array
  private count = 0
  private readonly key = new Uint32Array(ID_WORDS)

  constructor(expected = 1024) {
    this.capacity = 1 << Math.max(10, Math.ceil(Math.log2(expected * 1.5)))
    this.ids = sharedWords(this.capacity * ID_WORDS)
    this.places = sharedWords(this.capacity * 4)
  }

  /** The table's memory as it is now, for worker threads. */
  get shared(): SharedFrameIds {
    return { capacity: this.capacity, ids: this.ids, places: this.places }
  }

  /** Frames known. */
  get size(): number {
    return this.count
  }

  /** Bytes of all frames, each counted once: as content, and as they are stored. */
  totals(): { rawBytes: number; storedBytes: number } {
    let rawBytes = 0
    let storedBytes = 0
    for (let at = 0; at < this.places.length; at += 4) {
      if (this.places[at] === 0) continue
      storedBytes += this.places[at + 2]!
      rawBytes += this.places[at + 3]!
    }
    return { rawBytes, storedBytes }
  }

  /** Names of the packs that hold them. */
  get packNames(): readonly string[] {
    return this.packs
  }

  /** Adds a frame; the first location of an id wins. Returns false when it was known already. */
  add(id: FrameId, location: FrameLocation): boolean {
    this.reserve(1)
    parseId(id, this.key)
    const slot = this.slotOf(this.key)
    if (this.places[slot * 4] !== 0) return false
    this.ids.set(this.key, slot * ID_WORDS)
    this.places[slot * 4 + 1] = location.offset
    this.places[slot * 4 + 2] = location.storedBytes
    this.places[slot * 4 + 3] = location.rawBytes
    // Last, since readers in other threads take a slot with a pack for a whole one.
    this.places[slot * 4] = this.packNumber(location.pack) + 1
    this.count++
    return true
  }

  has(id: FrameId): boolean {
    parseId(id, this.key)
    return this.places[this.slotOf(this.key) * 4] !== 0
  }

  /** The place of a frame in the table, below `capacity`; good until a frame is added. Null when it is not known. */
  slot(id: FrameId): number | null {
    parseId(id, this.key)
    const slot = this.slotOf(this.key)
    return this.places[slot * 4] === 0 ? null : slot
  }

  /** Stored size of the frame at a place. */
  storedBytesAt(slot: number): number {
    return this.places[slot * 4 + 2]!
  }

  /** The pack of the frame at a place, as its position in `packNames`. */
  packAt(slot: number): number {
    return this.places[slot * 4]! - 1
  }

  /** The frame at a place, and where it lies. */
  frameAt(slot: number): { id: FrameId; location: FrameLocation } {
    const { ids, places } = this
    for (let word = 0; word < ID_WORDS; word++) idBytes.writeUInt32BE(ids[slot * ID_WORDS + word]!, word * 4)
    const at = slot * 4
    const location = {
      pack: this.packs[this.packAt(slot)]!,
      offset: places[at + 1]!,
      storedBytes: places[at + 2]!,
      rawBytes: places[at + 3]!,
    }
    return { id: idBytes.toString('hex'), location }
  }

  get(id: FrameId): FrameLocation | null {
    parseId(id, this.key)
    const at = this.slotOf(this.key) * 4
    const pack = this.places[at]!
    if (pack === 0) return null
    return { pack: this.packs[pack - 1]!, offset: this.places[at + 1]!, storedBytes: this.places[at + 2]!, rawBytes: this.places[at + 3]! }
  }

  /**
   * Adds the lines of a pack's index (`id offset storedBytes rawBytes`) straight from their bytes. Returns false, with nothing added, when a line is not of
   * that form.
   */
  addLines(pack: string, text: Uint8Array, from: number): boolean {
    const lines = parseLines(text, from)
    if (lines === null) return false
    const number = this.packNumber(pack) + 1
    this.reserve(lines.length / LINE_WORDS)
    for (let i = 0; i < lines.length; i += LINE_WORDS) {
      for (let w = 0; w < ID_WORDS; w++) this.key[w] = lines[i + w]!
      const slot = this.slotOf(this.key)
      if (this.places[slot * 4] !== 0) continue
      this.ids.set(this.key, slot * ID_WORDS)
      this.places[slot * 4 + 1] = lines[i + ID_WORDS]!
      this.places[slot * 4 + 2] = lines[i + ID_WORDS + 1]!
      this.places[slot * 4 + 3] = lines[i + ID_WORDS + 2]!
      this.places[slot * 4] = number
      this.count++
    }
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

  private slotOf(key: Uint32Array): number {
    return findSlot(this, key)
  }

  /** Makes room for so many more frames at once; a table is at most two thirds full. */
  private reserve(more: number): void {
    const { ids, places, capacity } = this
    while ((this.count + more) * 3 > this.capacity * 2) this.capacity *= 2
    if (this.capacity === capacity) return
    this.ids = sharedWords(this.capacity * ID_WORDS)
    this.places = sharedWords(this.capacity * 4)
    for (let old = 0; old < capacity; old++) {
      if (places[old * 4] === 0) continue
      const key = ids.subarray(old * ID_WORDS, (old + 1) * ID_WORDS)
      const slot = this.slotOf(key)
      this.ids.set(key, slot * ID_WORDS)
      this.places.set(places.subarray(old * 4, old * 4 + 4), slot * 4)
    }
  }
}

function parseId(id: FrameId, out: Uint32Array): void {
  for (let word = 0, at = 0; word < ID_WORDS; word++) {
    let value = 0
    for (const end = at + 8; at < end; at++) value = (value << 4) | NIBBLES[id.charCodeAt(at)]!
    out[word] = value
  }
}

/** Value of a lower-case hex digit by its character code; 255 for everything else. */
const NIBBLES = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code))
  return value === -1 ? 255 : value
})
/** Words of a parsed index line: the id, then offset, stored bytes, raw bytes. */
const LINE_WORDS = ID_WORDS + 3
/** An id, three numbers of a digit, three spaces and the newline. */
const SHORTEST_LINE = 64 + 3 + 4

/** Parsed index lines, or null when one is malformed. */
function parseLines(text: Uint8Array, from: number): Uint32Array | null {
  const lines = new Uint32Array(Math.ceil((text.length - from) / SHORTEST_LINE) * LINE_WORDS)
  let out = 0
  let at = from
  while (at < text.length) {
    if (text.length - at < SHORTEST_LINE) return null
    for (let word = 0; word < ID_WORDS; word++) {
      let value = 0
      let seen = 0
      for (const end = at + 8; at < end; at++) {
        const nibble = NIBBLES[text[at]!]!
        seen |= nibble
        value = (value << 4) | nibble
      }
      if (seen > 15) return null
      lines[out++] = value
    }
    for (let field = 0; field < 3; field++) {
      if (text[at++] !== 0x20) return null
      const start = at
      let value = 0
      for (let digit = text[at]! - 0x30; digit >= 0 && digit <= 9; digit = text[++at]! - 0x30) value = value * 10 + digit
      if (at === start || value > 0xffffffff) return null
      lines[out++] = value
    }
    if (text[at++] !== 0x0a) return null
  }
  return lines.subarray(0, out)
}

/** The slot that holds the key, or the empty one where it would go. */
function findSlot(table: SharedFrameIds, key: Uint32Array): number {
  const mask = table.capacity - 1
  let slot = key[0]! & mask
  for (;;) {
    if (table.places[slot * 4] === 0) return slot
    const at = slot * ID_WORDS
    let equal = true
    for (let i = 0; i < ID_WORDS; i++) {
      if (table.ids[at + i] !== key[i]) {
        equal = false
        break
      }
    }
    if (equal) return slot
    slot = (slot + 1) & mask
  }
}

const sharedWords = (count: number) => new Uint32Array(new SharedArrayBuffer(count * 4))
