import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createUnzstdStream, decompressFrame } from '../repository/frame.ts'
import { damagedFrame, isSkippableAt, readFramePlace, walkFrame } from '../repository/frame-walk.ts'
import type { ByteSource } from './byte-source.ts'

/** Larger frames are unpacked as they come. */
const WHOLE_BYTES = 5 * 1024 * 1024

/**
 * The content of zstd frames back to back, which Node alone would read the first of. Throws `frame_damaged` at the first byte that is no frame. Frames of
 * ours are unpacked whole; those of other programs, which may be one for everything, as they come.
 */
export async function* unpackZstd(source: ByteSource): AsyncGenerator<Uint8Array> {
  while ((await source.peek(1)).length > 0) {
    const pieces = walkFrame(source)
    const first: Buffer[] = []
    let bytes = 0
    let isWhole = false
    while (bytes <= WHOLE_BYTES && !isWhole) {
      const { value, done } = await pieces.next()
      if (done) isWhole = true
      else {
        first.push(value)
        bytes += value.length
      }
    }
    const frame = Buffer.concat(first)
    if (isSkippableAt(frame, 0)) for await (const _ of pieces);
    else if (!isWhole) yield* unpackLong(frame, pieces)
    else {
      const { contentBytes } = readFramePlace(frame, 0)
      if (contentBytes !== null && contentBytes <= WHOLE_BYTES) yield decompressFrame(frame, contentBytes)
      else yield* unpackLong(frame, pieces)
    }
  }
}

async function* unpackLong(start: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const unpacked = createUnzstdStream()
  const fed = pipeline(Readable.from(inOrder(start, rest)), unpacked).catch((error: unknown) => {
    throw damagedFrame('does not decompress', error)
  })
  // Waited for below; until then a failure ends the loop.
  fed.catch(() => {})
  try {
    for await (const piece of unpacked) yield piece as Buffer
  } catch (error) {
    await fed
    throw error
  }
  await fed
}

async function* inOrder(start: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield start
  yield* rest
}
