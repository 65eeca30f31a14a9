import type { FrameId } from '../entry.ts'

/** Words of 32 bits that an id takes, and its digits as text. */
export const ID_WORDS = 8
export const ID_DIGITS = ID_WORDS * 8

/** Writes an id as words. */
export function writeIdWords(id: FrameId, out: Uint32Array, at: number): void {
  for (let word = 0, digit = 0; word < ID_WORDS; word++) {
    let value = 0
    for (const end = digit + 8; digit < end; digit++) value = (value << 4) | NIBBLES[id.charCodeAt(digit)]!
    out[at + word] = value
  }
}

/** Writes the id whose 64 digits begin at `from` in a text as words; false when they are not the digits of one. */
export function readIdWords(text: Uint8Array, from: number, out: Uint32Array, at: number): boolean {
  let seen = 0
  for (let word = 0, digit = from; word < ID_WORDS; word++) {
    let value = 0
    for (const end = digit + 8; digit < end; digit++) {
      const nibble = digit < text.length ? NIBBLES[text[digit]!]! : NO_DIGIT
      seen |= nibble
      value = (value << 4) | nibble
    }
    out[at + word] = value
  }
  return seen < 16
}

const idBytes = Buffer.alloc(ID_WORDS * 4)

/** The id whose words begin at `from`. */
export function idText(ids: Uint32Array, from: number): FrameId {
  for (let word = 0; word < ID_WORDS; word++) idBytes.writeUInt32BE(ids[from + word]!, word * 4)
  return idBytes.toString('hex')
}

const NO_DIGIT = 255

/** Value of a lower-case hex digit by its character code; 255 for everything else. */
const NIBBLES = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code))
  return value === -1 ? NO_DIGIT : value
})

/** Words of a parsed index line: the id, then offset, stored bytes, raw bytes. */
export const LINE_WORDS = ID_WORDS + 3
/** An id, three numbers of a digit, three spaces and the newline. */
const SHORTEST_LINE = 64 + 3 + 4

/** The lines of an index object (`id offset storedBytes rawBytes`) from their bytes; null when one is malformed. */
export function parseIndexLines(text: Uint8Array, from: number): Uint32Array | null {
  const lines = new Uint32Array(Math.ceil((text.length - from) / SHORTEST_LINE) * LINE_WORDS)
  let out = 0
  let at = from
  while (at < text.length) {
    if (text.length - at < SHORTEST_LINE) return null
    if (!readIdWords(text, at, lines, out)) return null
    at += ID_DIGITS
    out += ID_WORDS
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

/** The longest line: an id, three numbers of ten digits, three spaces and the newline. */
const LONGEST_LINE = 64 + 3 * 11 + 1

/** So many lines of an index object, behind its header. */
export function formatIndexLines(header: string, count: number, lineAt: (n: number) => string): Buffer {
  const text = Buffer.allocUnsafeSlow(header.length + count * LONGEST_LINE)
  let at = text.write(header, 'latin1')
  for (let n = 0; n < count; n++) at += text.write(lineAt(n), at, 'latin1')
  return text.subarray(0, at)
}

/** Some frames that are looked for in index after index. */
export class WantedFrames {
  readonly #left: Set<FrameId>
  /** By the first three digits: all but one line of some thousand is passed over without its id becoming text. */
  readonly #beginnings = new Uint8Array(1 << 15)

  constructor(ids: Iterable<FrameId>) {
    this.#left = new Set(ids)
    for (const id of this.#left) this.#beginnings[beginningOf(id.charCodeAt(0), id.charCodeAt(1), id.charCodeAt(2))] = 1
  }

  /** How many were not met yet. */
  get count(): number {
    return this.#left.size
  }

  /** Calls back with the line of each frame that an index object has, whose lines begin at `from`, and looks for it no longer. False when its lines do not end well. */
  meet(text: Buffer, from: number, found: (line: Buffer) => boolean): boolean {
    for (let at = from; at < text.length; ) {
      let end = at + SHORTEST_LINE - 1
      while (end < text.length && text[end] !== 0x0a) end++
      if (end >= text.length) return false
      if (this.#beginnings[beginningOf(text[at]!, text[at + 1]!, text[at + 2]!)] === 1) {
        const id = text.toString('latin1', at, at + ID_DIGITS)
        if (this.#left.has(id)) {
          if (!found(text.subarray(at, end + 1))) return false
          this.#left.delete(id)
        }
      }
      at = end + 1
    }
    return true
  }
}

/** Hex digits differ in their five lowest bits. */
const beginningOf = (a: number, b: number, c: number) => ((a & 31) << 10) | ((b & 31) << 5) | (c & 31)
