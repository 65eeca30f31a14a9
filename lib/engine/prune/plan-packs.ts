import type { FrameMarks } from './frame-marks.ts'

/** A pack of which less than this is needed is written again. */
const LEAST_NEEDED = 0.75
/** A pack this small wants company, */
const SMALL_BYTES = 16 * 1024 * 1024
/** and gets it once there are so many of its kind: the packs of every day would be written again every day otherwise. */
const MANY_SMALL = 8
/** What is written again between two looks at who waits: the room that a prune takes meanwhile. */
const BATCH_BYTES = 256 * 1024 * 1024

export interface PackSize {
  packBytes: number
  indexBytes: number
}

/** A run of packs that are written again together. Packs are positions in the index's `packNames`. */
export interface Batch {
  isMeta: boolean
  packs: number[]
  neededBytes: number
}

export interface PackPlan {
  /** Packs that nothing needs, by name. */
  dead: string[]
  batches: Batch[]
}

/** What becomes of each pack; `sizes` has every pack that is there, by name. A pure function. */
export function planPacks(needed: FrameMarks, sizes: ReadonlyMap<string, PackSize>): PackPlan {
  const { bytes, first, isMeta: isMetaPack } = needed.perPack()
  const dead: string[] = []
  const known = new Map(needed.index.packNames.map((name, at) => [name, at]))
  const candidates: { at: number; first: number; neededBytes: number; isMeta: boolean; isSparse: boolean }[] = []
  for (const [name, size] of sizes) {
    const at = known.get(name)
    if (at === undefined || first[at] === -1) dead.push(name)
    else {
      const isSparse = bytes[at]! < size.packBytes * LEAST_NEEDED
      if (isSparse || size.packBytes < SMALL_BYTES)
        candidates.push({ at, first: first[at]!, neededBytes: bytes[at]!, isMeta: isMetaPack(at), isSparse })
    }
  }
  const batches: Batch[] = []
  for (const isMeta of [true, false]) {
    const ofKind = candidates.filter((pack) => pack.isMeta === isMeta)
    const isMany = ofKind.length >= MANY_SMALL
    const going = ofKind.filter(({ isSparse }) => isSparse || isMany).sort((a, b) => a.first - b.first)
    let batch: Batch | null = null
    for (const { at, neededBytes } of going) {
      if (!batch || batch.neededBytes + neededBytes > BATCH_BYTES) batches.push((batch = { isMeta, packs: [], neededBytes: 0 }))
      batch.packs.push(at)
      batch.neededBytes += neededBytes
    }
  }
  return { dead: dead.sort(), batches }
}
