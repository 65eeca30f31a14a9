/**
 * A large file that several threads write. This thread makes it and closes it; each part of the content goes to whichever lane has least to do; one lane reads
 * back what stands from the beginning on while the rest is being written, and proves it in the end as a file that one lane wrote alone is proven.
 */
import { closeSync, ftruncateSync, unlinkSync } from 'node:fs'
import type { FrameId } from '../entry.ts'
import { paddingOf } from '../tar/head.ts'
import { fsPathAt } from './open-folders.ts'
import { createFile, type FileFailure, type FileHead, type FileOutcome, outcomeOf } from './write-file.ts'
import type { Lane, LaneTask } from './write-lane.ts'

/** A file from this size on; below, there are other files to write at the same time, or it is soon done. */
const LARGE_BYTES = 32 * 1024 * 1024
/** At least so much content a part. */
const PART_BYTES = 8 * 1024 * 1024

/** Whether a file of this size pays to be written in parts. */
export const isInParts = (sizeBytes: number) => sizeBytes >= LARGE_BYTES

export interface LargeFileInput {
  head: FileHead
  /** Content frames, and how long each is; null for one that is nowhere. */
  frames: readonly FrameId[]
  rawSizes: readonly (number | null)[]
  done: (outcome: FileOutcome) => void
  umask: number
}

interface Part {
  from: number
  to: number
}

export class LargeFile {
  private readonly input: LargeFileInput
  private readonly prover: Pick<Lane, 'add'>
  private fd = -1
  /** Tasks that were given and have not ended. */
  private open = 0
  private isAllGiven = false
  /** Parts that are written, and wait for one before them. */
  private readonly ahead = new Map<number, Part>()
  private provenTo = 0
  private failure: FileFailure | null = null

  private constructor(input: LargeFileInput, prover: Pick<Lane, 'add'>) {
    this.input = input
    this.prover = prover
  }

  /**
   * Null when the frames do not add up to the file's size: one lane, which then writes all of it, can tell best what is wrong. `prover` reads the file back,
   * all of it: its hash is one.
   */
  static of(input: LargeFileInput, prover: Pick<Lane, 'add'>): LargeFile | null {
    const { head, rawSizes } = input
    const total = rawSizes.reduce<number>((sum, size) => sum + (size ?? Number.NaN), 0)
    return total === head.sizeBytes + paddingOf(head.sizeBytes) ? new LargeFile(input, prover) : null
  }

  /** Makes the file and gives its parts, until one of them fails. All are to be taken, each before the next is asked for. */
  *parts(): Generator<LaneTask> {
    const { head, frames, rawSizes } = this.input
    try {
      this.fd = createFile(head, this.input.umask)
    } catch (error) {
      this.input.done(outcomeOf(error))
      return
    }
    // What is never written reads as the zeros of a hole, up to the end.
    this.guarded(() => ftruncateSync(this.fd, head.sizeBytes))
    for (let first = 0, from = 0; first < frames.length && this.failure === null; ) {
      let next = first
      let end = from
      while (next < frames.length && end - from < PART_BYTES) end += rawSizes[next++]!
      // The last frame holds the padding of the tar block as well.
      const part = { from, to: Math.min(end, head.sizeBytes) }
      yield { ...this.task('content', part, () => this.written(part)), frames: frames.slice(first, next), bytes: part.to - from }
      first = next
      from = part.to
    }
    this.isAllGiven = true
    this.endIfAll()
  }

  private task(does: 'content' | 'proof', part: Part, then: () => void): LaneTask {
    this.open++
    const done = (outcome: FileOutcome) => {
      this.open--
      if (!outcome.ok) this.failure ??= outcome
      else if (this.failure === null) then()
      this.endIfAll()
    }
    return { head: { ...this.input.head, part: { does, fd: this.fd, ...part } }, frames: [], bytes: 0, done }
  }

  /** Reads back as far as it stands without a gap. */
  private written(part: Part): void {
    this.ahead.set(part.from, part)
    const from = this.provenTo
    for (let next = this.ahead.get(from); next; next = this.ahead.get(this.provenTo)) {
      this.ahead.delete(next.from)
      this.provenTo = next.to
    }
    if (this.provenTo > from) this.prover.add(this.task('proof', { from, to: this.provenTo }, () => {}))
  }

  private endIfAll(): void {
    if (this.open > 0 || !this.isAllGiven) return
    const { head, done } = this.input
    this.guarded(() => closeSync(this.fd))
    if (this.failure) unlinkSync(fsPathAt(head.folderFd, head.name))
    done(this.failure ?? { ok: true })
  }

  private guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.failure ??= outcomeOf(error)
    }
  }
}
