import type { FrameId } from '../entry.ts'
import type { Codec } from '../repository/codec.ts'
import { decompressFrame } from '../repository/frame.ts'
import type { PackWriter } from '../repository/pack-writer.ts'

/** Where a lost frame was found again. */
export const RESCUE_SOURCES = ['damagedPacks', 'otherRepositories', 'entries', 'liveFiles'] as const
export type RescueSource = (typeof RESCUE_SOURCES)[number]

/** Frames that are looked for. Whatever is offered is taken only if it is what the id stands for, so no source has to be trusted. */
export class Rescue {
  /** What nobody had yet. */
  readonly wanted: Set<FrameId>
  readonly found: Record<RescueSource, number> = { damagedPacks: 0, otherRepositories: 0, entries: 0, liveFiles: 0 }
  /** Content of what was found, where it is needed here. */
  readonly contents: Map<FrameId, Buffer> | null
  /** Of the repository that lost them. */
  readonly codec: Codec
  private readonly writer: PackWriter | null

  /** `writer` null: nothing is written, only counted. */
  constructor(codec: Codec, wanted: Iterable<FrameId>, writer: PackWriter | null, keep: { contents: boolean }) {
    this.codec = codec
    this.wanted = new Set(wanted)
    this.writer = writer
    this.contents = keep.contents ? new Map() : null
  }

  /** Takes a frame from somewhere; false when it is not wanted, or not whole. */
  async offer(id: FrameId, stored: Uint8Array, rawBytes: number, source: RescueSource): Promise<boolean> {
    if (!this.wanted.has(id)) return false
    const raw = contentOf(stored, rawBytes)
    if (raw === null || this.codec.frameId(raw) !== id) return false
    this.writer?.add(id, Uint8Array.from(stored), rawBytes)
    await this.writer?.written()
    this.wanted.delete(id)
    this.contents?.set(id, raw)
    this.found[source]++
    return true
  }
}

/** Null when it is not one whole frame of that size. */
function contentOf(stored: Uint8Array, rawBytes: number): Buffer | null {
  try {
    return decompressFrame(stored, rawBytes)
  } catch {
    return null
  }
}
