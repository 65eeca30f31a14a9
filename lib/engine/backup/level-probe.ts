import { compressFrame } from '../repository/frame.ts'

const FAST = 1
const DENSE = 3
/** Segments of a kind that are tried before its level is settled. */
const TRIALS = 2
/** Level 3 takes half as long again: it has to save this much. (Logs of short words and ids come out larger with it.) */
const WORTHWHILE = 0.95

/** Chooses the zstd level of large files by trying, once for each kind of file name. */
export class LevelProbe {
  private readonly kinds = new Map<string, { trials: number; fastBytes: number; denseBytes: number }>()

  /** The level for a new segment of a file of this name. */
  levelFor(path: string, segment: Buffer): number {
    const kind = kindOf(path)
    let seen = this.kinds.get(kind)
    if (!seen) this.kinds.set(kind, (seen = { trials: 0, fastBytes: 0, denseBytes: 0 }))
    if (seen.trials < TRIALS) {
      seen.trials++
      seen.fastBytes += compressFrame(segment, FAST).length
      seen.denseBytes += compressFrame(segment, DENSE).length
    }
    return seen.denseBytes < seen.fastBytes * WORTHWHILE ? DENSE : FAST
  }
}

/** Rotated logs (`run.jsonl.7`) are of the kind of the one they were. */
function kindOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/(\.\d+)+$/, '')
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? '' : name.slice(dot).toLowerCase()
}
