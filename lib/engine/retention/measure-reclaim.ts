/**
 * How many bytes of a repository a plan would free: frames of what goes that nothing which stays needs. Each distinct section is read once, and
 * what was seen is two bits a frame, so that a million files and a thousand archives fit in memory.
 */
import type { ArchiveId } from '#lib/base/ids.ts'
import { type FrameId, parseEntryLine } from '../entry.ts'
import type { FrameIndex } from '../repository/frame-index.ts'
import type { Repository } from '../repository/repository.ts'

export interface ReclaimMeasure {
  /** Stored bytes of frames that only archives which go refer to. */
  reclaimBytes: number
  /** Stored bytes of all frames that listed archives refer to. */
  referencedBytes: number
}

/** Measures a plan. Throws `repository_damaged` when a listed manifest cannot be read: what it needs would be counted as free. */
export async function measureReclaim(
  repository: Repository,
  forget: ReadonlySet<ArchiveId>,
  signal?: AbortSignal,
): Promise<ReclaimMeasure> {
  const index = await repository.index()
  const kept = new FrameSet(index)
  const going = new FrameSet(index)
  const ids = (await repository.listArchives()).sort()
  for (const id of ids) if (!forget.has(id)) await addArchive(repository, id, kept, signal)
  for (const id of ids) if (forget.has(id)) await addArchive(repository, id, going, signal, kept)
  return { reclaimBytes: going.bytes, referencedBytes: kept.bytes + going.bytes }
}

/** Adds the frames of an archive to `into`, but for those that `but` has; a section that either knows is not read again. */
async function addArchive(repository: Repository, id: ArchiveId, into: FrameSet, signal?: AbortSignal, but?: FrameSet): Promise<void> {
  const { sections } = await repository.readManifest(id)
  for (const { id: section } of sections) {
    if (but?.has(section) || !into.add(section)) continue
    signal?.throwIfAborted()
    for (const line of await repository.readSection(section)) {
      for (const frame of parseEntryLine(line).frames) if (!but?.has(frame)) into.add(frame)
    }
  }
}

/** A set of frames as a bit for each place of the index's table; frames that no index knows take no space. */
class FrameSet {
  /** Stored bytes of its frames. */
  bytes = 0
  private readonly index: FrameIndex
  private readonly bits: Uint8Array

  constructor(index: FrameIndex) {
    this.index = index
    this.bits = new Uint8Array(Math.ceil(index.capacity / 8))
  }

  /** False when it was in there, or no index knows it. */
  add(id: FrameId): boolean {
    const slot = this.index.slot(id)
    if (slot === null || this.isSet(slot)) return false
    this.bits[slot >> 3]! |= 1 << (slot & 7)
    this.bytes += this.index.storedBytesAt(slot)
    return true
  }

  has(id: FrameId): boolean {
    const slot = this.index.slot(id)
    return slot !== null && this.isSet(slot)
  }

  private isSet(slot: number): boolean {
    return (this.bits[slot >> 3]! & (1 << (slot & 7))) !== 0
  }
}
