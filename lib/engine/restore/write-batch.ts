import type { FileFailure, FileHead, FileOutcome, FileSink } from './write-file.ts'

/** One step of writing; the frame steps of a file lie between its head and its end, maybe in several batches. */
export type WriteStep =
  | { step: 'head'; head: FileHead }
  | { step: 'frame'; from: number; to: number; rawBytes: number }
  | { step: 'abandon'; outcome: FileFailure }
  | { step: 'end' }

/** Steps that go to a worker in one message. */
export interface WriteBatch {
  /** Stored frames back to back: one buffer crosses to a worker, not thousands. */
  bytes: Uint8Array<ArrayBuffer>
  steps: WriteStep[]
}

/** What comes back: an outcome for each file that ended in the batch, and its buffer to use again. */
export interface BatchAnswer {
  outcomes: FileOutcome[]
  bytes: Uint8Array<ArrayBuffer>
}

/** Carries out the steps; an outcome for each file that ended in this batch, in order. */
export function runBatch(sink: FileSink, batch: WriteBatch): FileOutcome[] {
  const outcomes: FileOutcome[] = []
  for (const step of batch.steps) {
    switch (step.step) {
      case 'head':
        sink.begin(step.head)
        break
      case 'frame':
        sink.frame(batch.bytes.subarray(step.from, step.to), step.rawBytes)
        break
      case 'abandon':
        sink.abandon(step.outcome)
        break
      case 'end':
        outcomes.push(sink.end())
        break
    }
  }
  return outcomes
}
