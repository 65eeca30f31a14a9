/**
 * A large file that several threads write: this thread makes it, each part goes to whichever lane has least to do, and when all of them are written one lane
 * reads it back, proves it and closes it, exactly as it does with a file that it wrote alone.
 */
import { closeSync, unlinkSync } from 'node:fs'
import type { FrameId } from '../entry.ts'
import { paddingOf } from '../tar/head.ts'
import { fsPathAt } from './open-folders.ts'
import { createFile, type FileFailure, type FileHead, type FileOutcome, outcomeOf } from './write-file.ts'
import { DROPPED, type LaneTask } from './write-lane.ts'

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

export class LargeFile {
  private readonly input: LargeFileInput
  private readonly addLast: (task: LaneTask) => void
  private fd = -1
  private open = 0
  private isAllAdded = false
  private failure: FileFailure | null = null

  private constructor(input: LargeFileInput, addLast: (task: LaneTask) => void) {
    this.input = input
    this.addLast = addLast
  }

  /**
   * Null for a file that one lane writes: a small one, and one whose frames do not add up to its size, which it can tell best. `addLast` takes a task at once,
   * however much is queued.
   */
  static of(input: LargeFileInput, addLast: (task: LaneTask) => void): LargeFile | null {
    const { head, rawSizes } = input
    const total = rawSizes.reduce<number>((sum, size) => sum + (size ?? Number.NaN), 0)
    return isInParts(head.sizeBytes) && total === head.sizeBytes + paddingOf(head.sizeBytes) ? new LargeFile(input, addLast) : null
  }

  /** Makes the file and gives its parts, until one of them fails. All are to be added, each before the next is asked for. */
  *parts(): Generator<LaneTask> {
    const { head, frames, rawSizes } = this.input
    try {
      this.fd = createFile(head, this.input.umask)
    } catch (error) {
      this.input.done(outcomeOf(error))
      return
    }
    for (let first = 0, from = 0; first < frames.length && this.failure === null; ) {
      let next = first
      let end = from
      while (next < frames.length && end - from < PART_BYTES) end += rawSizes[next++]!
      // The last frame holds the padding of the tar block as well.
      const to = Math.min(end, head.sizeBytes)
      this.open++
      yield {
        ...this.task({ from, to, isLast: false }, (outcome) => this.ended(outcome)),
        frames: frames.slice(first, next),
        bytes: to - from,
      }
      ;[first, from] = [next, to]
    }
    this.isAllAdded = true
    this.endIfAll()
  }

  private task(part: { from: number; to: number; isLast: boolean }, done: LaneTask['done']): LaneTask {
    return { head: { ...this.input.head, part: { fd: this.fd, ...part } }, frames: [], bytes: 0, done }
  }

  private ended(outcome: FileOutcome): void {
    this.open--
    if (!outcome.ok) this.failure ??= outcome
    this.endIfAll()
  }

  private endIfAll(): void {
    if (this.open > 0 || !this.isAllAdded) return
    const { head, done } = this.input
    if (this.failure) return this.discard(this.failure)
    const proof = this.task({ from: head.sizeBytes, to: head.sizeBytes, isLast: true }, (outcome) =>
      outcome === DROPPED ? this.discard(outcome) : done(outcome),
    )
    this.addLast(proof)
  }

  private discard(failure: FileFailure): void {
    const { head, done } = this.input
    closeSync(this.fd)
    unlinkSync(fsPathAt(head.folderFd, head.name))
    done(failure)
  }
}
