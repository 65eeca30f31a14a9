/**
 * Segments that a thread lends to others for compressing: one large file is read by one thread, and would keep all others waiting. They lie in memory that
 * all threads share, in places that are taken and given back without a message, since a thread that reads a file hears none.
 */
import { MAX_SEGMENT_BYTES } from '../repository/frame.ts'

/** What the threads of a pool share. */
export interface LentMemory {
  places: SharedArrayBuffer
  /** One word a place (0 = free), and before them how many threads have nothing to do. */
  words: SharedArrayBuffer
}

/** Less is compressed sooner than handed over. */
const LEAST_BYTES = 256 * 1024
/** One is compressed while the next is made. */
const PLACES_A_THREAD = 2
const HANDS = 0
const FIRST_PLACE = 1

export class LentSegments {
  readonly memory: LentMemory
  private readonly words: Int32Array

  constructor(memory: LentMemory) {
    this.memory = memory
    this.words = new Int32Array(memory.words)
  }

  /** Room for what so many threads can lend each other; none for a single one. */
  static among(threads: number): LentSegments {
    const places = PLACES_A_THREAD * (threads - 1)
    return new LentSegments({
      places: new SharedArrayBuffer(places * MAX_SEGMENT_BYTES),
      words: new SharedArrayBuffer((FIRST_PLACE + places) * Int32Array.BYTES_PER_ELEMENT),
    })
  }

  /** How many threads have nothing to do: nothing is lent while there is none. */
  setHands(count: number): void {
    Atomics.store(this.words, HANDS, count)
  }

  /** Copies a segment into a place and tells which, when there is one and somebody to take it; else null. */
  lend(segment: Buffer): number | null {
    if (segment.length < LEAST_BYTES || Atomics.load(this.words, HANDS) === 0) return null
    for (let place = 0; place < this.words.length - FIRST_PLACE; place++) {
      if (Atomics.compareExchange(this.words, FIRST_PLACE + place, 0, 1) !== 0) continue
      this.at(place, segment.length).set(segment)
      return place
    }
    return null
  }

  /** The segment of a place. */
  at(place: number, length: number): Buffer {
    return Buffer.from(this.memory.places, place * MAX_SEGMENT_BYTES, length)
  }

  /** Its place is free again. */
  giveBack(place: number): void {
    Atomics.store(this.words, FIRST_PLACE + place, 0)
  }
}
