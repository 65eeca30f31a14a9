/** Content → body segments → frames: shared by the worker threads and by the main thread's reads of critical items. */
import type { Hash } from 'node:crypto'
import type { FrameId } from '../entry.ts'
import { MAX_CHUNK, nextCut, SMALL_LIMIT } from '../repository/chunker.ts'
import type { Codec } from '../repository/codec.ts'
import { BLOCK, paddingOf } from '../tar/head.ts'
import { type FrameSink, LEVEL_SMALL } from './frame-sink.ts'
import type { LevelProbe } from './level-probe.ts'

/** The one body of small content. */
export interface SmallBody {
  id: FrameId
  segment: Buffer
}

/**
 * The body of content of at most `SMALL_LIMIT` bytes, which lies at the front of `window` with room for a tar block after it and stays there; null when there
 * is no content. `sha256` is that of the content.
 */
export function smallBody(window: Buffer, sizeBytes: number, sha256: string, codec: Codec): SmallBody | null {
  if (sizeBytes === 0) return null
  const end = sizeBytes + paddingOf(sizeBytes)
  window.fill(0, sizeBytes, end)
  const segment = window.subarray(0, end)
  return { id: end === sizeBytes && codec.idIsSha256 ? sha256 : codec.frameId(segment), segment }
}

/** Cuts a stream of large content into body segments and stores those that are new. */
export class ContentCutter {
  /** Frames so far, in order. */
  readonly frames: FrameId[]
  private readonly sink: FrameSink
  private readonly probe: LevelProbe
  private readonly path: string
  private sizeBytes: number

  /** `known` are bodies of the front of the content, `knownBytes` long. */
  constructor(sink: FrameSink, probe: LevelProbe, path: string, known: readonly FrameId[] = [], knownBytes = 0) {
    this.sink = sink
    this.probe = probe
    this.path = path
    this.frames = [...known]
    this.sizeBytes = knownBytes
  }

  /**
   * Consumes whole segments from the front of `window` up to `end` and returns how many bytes it took; the caller keeps the rest and offers it again with
   * more. With `last` everything is taken, and the last segment padded to a tar block, for which there must be room behind `end`.
   */
  async take(window: Buffer, end: number, last: boolean): Promise<number> {
    let at = 0
    while (at < end) {
      const cut = nextCut(window, at, end, last, this.sink.codec.gear)
      if (cut === -1) break
      await this.store(window, at, last && cut === end ? this.padded(window, at, end) : cut)
      at = cut
    }
    if (last && this.sizeBytes % BLOCK !== 0) await this.storePadding(window)
    return at
  }

  private padded(window: Buffer, at: number, end: number): number {
    const padding = paddingOf(this.sizeBytes + end - at)
    window.fill(0, end, end + padding)
    return end + padding
  }

  /** Content that ended sooner than expected, right after a cut, has no segment left to pad. */
  private storePadding(window: Buffer): Promise<void> {
    const padding = paddingOf(this.sizeBytes)
    window.fill(0, 0, padding)
    return this.store(window, 0, padding)
  }

  private async store(window: Buffer, from: number, to: number): Promise<void> {
    const segment = window.subarray(from, to)
    this.sizeBytes += segment.length
    const id = this.sink.codec.frameId(segment)
    this.frames.push(id)
    if (this.sink.isKnown(id)) return
    await this.sink.accept(id, segment, this.probe.levelFor(this.path, segment))
  }
}

/** Memory for content that comes in pieces. */
export const contentWindow = () => Buffer.allocUnsafeSlow(2 * MAX_CHUNK + BLOCK)

/** Content that comes in pieces through a window of memory. */
export interface ContentStream {
  /** At least `2 × MAX_CHUNK` and a tar block long. */
  window: Buffer
  sizeBytes: number
  /** Of the content so far. */
  content: Hash
  cutter: ContentCutter
  /** Reads up to `length` bytes of the content from `position` on into the window; fewer only at the end. */
  fill(at: number, length: number, position: number): number | Promise<number>
  onBytes(bytes: number): void
}

/** Cuts the rest of a stream, of which `done` bytes went into the hash already and `held` of them lie uncut at the front of the window; returns its size as it was. */
export async function cutStream(
  { window, sizeBytes, content, cutter, fill, onBytes }: ContentStream,
  done: number,
  held: number,
): Promise<number> {
  for (;;) {
    const room = Math.min(window.length - BLOCK - held, sizeBytes - done)
    const count = await fill(held, room, done)
    content.update(window.subarray(held, held + count))
    done += count
    held += count
    const last = done >= sizeBytes || count < room
    const taken = await cutter.take(window, held, last)
    onBytes(count)
    if (last) return done
    window.copyWithin(0, taken, held)
    held -= taken
  }
}

/** Content that is at hand as a whole, e.g. a critical item that was read until it stood still. Returns its body frames. */
export async function storeWhole(content: Buffer, sha256: string, path: string, sink: FrameSink, probe: LevelProbe): Promise<FrameId[]> {
  const window = Buffer.allocUnsafeSlow(content.length + BLOCK)
  content.copy(window)
  if (content.length <= SMALL_LIMIT) {
    const body = smallBody(window, content.length, sha256, sink.codec)
    if (body && !sink.isKnown(body.id)) await sink.accept(body.id, body.segment, LEVEL_SMALL)
    return body ? [body.id] : []
  }
  const cutter = new ContentCutter(sink, probe, path)
  await cutter.take(window, content.length, true)
  return cutter.frames
}
