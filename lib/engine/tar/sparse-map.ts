/**
 * Sparse files of GNU tar and libarchive: only the parts that hold data stand in the stream, and a map says where they belong. The map comes in a header of
 * GNU's own format (type `S`), in pax records (0.0 and 0.1) or in front of the data (1.0); see "Storing Sparse Files" in the manual of GNU tar.
 */

import { BLOCK } from './head.ts'
import { numberField, unreadable, wholeOf, within } from './tar-fields.ts'

/** A part that holds data. */
export interface Extent {
  offset: number
  bytes: number
}

/** A file with holes: its size, and what of it is stored. */
export interface SparseMap {
  sizeBytes: number
  extents: Extent[]
}

/** More parts than any file that somebody meant to keep. */
const MOST_EXTENTS = 1_000_000

/** The map of numbers that stand in pairs; null unless its parts ascend, lie within the file and are as long together as what is stored. */
export function sparseMapOf(numbers: readonly number[], sizeBytes: number, storedBytes: number): SparseMap | null {
  if (numbers.length % 2 !== 0 || numbers.length > MOST_EXTENTS * 2) return null
  const extents: Extent[] = []
  let end = 0
  let stored = 0
  for (let i = 0; i < numbers.length; i += 2) {
    const [offset, bytes] = [numbers[i]!, numbers[i + 1]!]
    if (offset < end || offset + bytes > sizeBytes) return null
    end = offset + bytes
    stored += bytes
    if (bytes > 0) extents.push({ offset, bytes })
  }
  return stored === storedBytes ? { sizeBytes, extents } : null
}

const ZEROS: Buffer = Buffer.alloc(256 * 1024)

/** Gives a file with its holes: zeros where there are some, what is stored where it is. */
export class SparseReader {
  private at = 0
  private next = 0
  private readonly map: SparseMap

  constructor(map: SparseMap) {
    this.map = map
  }

  /** Zeros up to the next part, so many at most; empty where data begins, and at the end of the file. */
  hole(most: number): Buffer {
    const end = this.map.extents[this.next]?.offset ?? this.map.sizeBytes
    const zeros = ZEROS.subarray(0, Math.max(0, Math.min(most, end - this.at)))
    this.at += zeros.length
    return zeros
  }

  /** How much is left of the part that is being read; 0 at the end of the file. */
  get leftOfPart(): number {
    const extent = this.map.extents[this.next]
    return extent ? extent.offset + extent.bytes - this.at : 0
  }

  /** Bytes of the part have been read. */
  took(bytes: number): void {
    this.at += bytes
    if (this.leftOfPart === 0) this.next++
  }
}

/** The numbers of a header of type `S`: four parts in itself, and twenty-one in each block that follows it. */
export async function oldMap(header: Buffer, nextBlock: () => Promise<Buffer>): Promise<number[]> {
  const numbers: number[] = []
  for (let block = header, at = 386, parts = 4, more = 482; ; at = 0, parts = 21, more = 504) {
    for (let i = 0; i < parts * 2; i++) {
      const field = block.subarray(at + i * 12, at + i * 12 + 12)
      // Those behind the last are empty.
      if (field[0] === 0) return numbers
      numbers.push(sizeOf(numberField(field, 0, 12)))
    }
    if (block[more] === 0) return numbers
    if (numbers.length > MOST_EXTENTS * 2) throw unreadable('has a file with more holes than any may have')
    block = await nextBlock()
    if (block.length < BLOCK) throw unreadable('is cut short in a header')
  }
}

/** The numbers in front of the data: lines of decimals, how many parts first, filled up to whole blocks. */
export async function mapInFront(nextBlock: () => Promise<Buffer>): Promise<number[]> {
  const numbers: number[] = []
  let wanted = 1
  let line = ''
  while (numbers.length < wanted) {
    const block = await nextBlock()
    if (block.length < BLOCK) throw misfit()
    for (const character of block.toString('latin1')) {
      if (numbers.length === wanted) break
      if (character !== '\n') line += character
      else {
        numbers.push(decimalOf(line))
        line = ''
        if (numbers.length === 1) wanted = 1 + numbers[0]! * 2
      }
      if (line.length > 20 || wanted > MOST_EXTENTS * 2) throw misfit()
    }
  }
  return numbers.slice(1)
}

/** The numbers of a pax record, with commas between. */
export function mapInRecord(map: Buffer | undefined): number[] {
  return map === undefined || map.length === 0 ? [] : map.toString('latin1').split(',').map(decimalOf)
}

const decimalOf = (text: string) => sizeOf(wholeOf(Buffer.from(text, 'latin1')) ?? -1n)
const sizeOf = (value: bigint) => within(value, 'a size')
const misfit = () => unreadable('has a file with holes whose map does not fit')
