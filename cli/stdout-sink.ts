import { writeSync } from 'node:fs'
import { Writable } from 'node:stream'
import { waitForReader } from './output.ts'

/** Raised when whoever reads our output has had enough; no failure. */
export class ReaderGone extends Error {}

/** Stdout as a sink that never holds more than one piece; fails with ReaderGone when the reader is gone. */
export function stdoutSink(): Writable {
  return new Writable({
    highWaterMark: 1024 * 1024,
    write(chunk: Buffer, _encoding, done) {
      try {
        for (let at = 0; at < chunk.length; ) at += writeSome(chunk, at)
        done()
      } catch (error) {
        done((error as NodeJS.ErrnoException).code === 'EPIPE' ? new ReaderGone() : (error as Error))
      }
    },
  })
}

function writeSome(chunk: Buffer, at: number): number {
  try {
    return writeSync(1, chunk, at)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    waitForReader()
    return 0
  }
}

/** Runs work that writes into a sink, and waits until everything is out; errors of either side end both. */
export async function drained<T>(sink: Writable, work: () => Promise<T>): Promise<T> {
  const failed = new Promise<never>((_, reject) => sink.once('error', reject))
  failed.catch(() => {})
  const result = await Promise.race([work(), failed])
  const ended = new Promise<void>((resolve) => (sink.writableFinished ? resolve() : sink.end(() => resolve())))
  await Promise.race([ended, failed])
  return result
}
