/** Places where frames that a repository lost may still be found, the surest first. */
import { isAppError } from '#lib/base/errors.ts'
import { FileReader } from '../backup/file-reader.ts'
import { type FrameSink, LEVEL_HEAD, LEVEL_SMALL } from '../backup/frame-sink.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry, FrameId } from '../entry.ts'
import { rawOfText } from '../raw-path.ts'
import type { PackOpener } from '../repository/codec.ts'
import { compressFrame } from '../repository/frame.ts'
import { indexNameOf, type PackPlace } from '../repository/pack.ts'
import { parseIndex } from '../repository/pack-index.ts'
import type { Repository } from '../repository/repository.ts'
import type { Storage } from '../storage/storage.ts'
import { encodeHead } from '../tar/head.ts'
import { framesByWalking, openerOf } from '../verify/check-pack.ts'
import type { Rescue } from './rescue.ts'

/** What is still whole in packs that are not. */
export async function fromDamagedPacks(
  { storage, objects, codec }: PackPlace,
  packs: Iterable<string>,
  rescue: Rescue,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const pack of packs) {
    if (rescue.wanted.size === 0) return
    throwIfCancelled(signal)
    const bytes = await storage.get(pack).catch(nullIfUnreadable)
    if (bytes === null) continue
    const said = await indexed(objects, pack)
    const opener = openerOf(said?.head ?? bytes, codec)
    if (opener === null) continue
    for (const { id, offset, storedBytes, rawBytes } of said?.frames ?? framesByWalking(bytes, codec)) {
      const frame = openOrNull(opener, bytes.subarray(offset, offset + storedBytes), offset)
      if (frame !== null) await rescue.offer(id, frame, rawBytes, 'damagedPacks')
    }
  }
}

function openOrNull(opener: PackOpener, stored: Buffer, offset: number): Buffer | null {
  try {
    return opener.open(stored, offset)
  } catch (error) {
    return nullIfUnreadable(error)
  }
}

async function indexed(objects: Storage, pack: string) {
  try {
    return parseIndex(pack, await objects.get(indexNameOf(pack)))
  } catch (error) {
    return nullIfUnreadable(error)
  }
}

function nullIfUnreadable(error: unknown): null {
  if (isAppError(error) && error.code !== 'cancelled') return null
  throw error
}

/** Frames that another repository has, however it packed them. */
export async function fromRepository(other: Repository, rescue: Rescue, signal: AbortSignal | undefined): Promise<void> {
  const index = await other.index()
  for (const id of [...rescue.wanted]) {
    throwIfCancelled(signal)
    if (!index.has(id)) continue
    const frame = await other.stored(id).catch(nullIfUnreadable)
    if (frame) await rescue.offer(id, frame.bytes, frame.rawBytes, 'otherRepositories')
  }
}

/** Heads follow from the entries that they are of. */
export async function fromEntries(entries: Iterable<Entry>, rescue: Rescue): Promise<void> {
  for (const entry of entries) {
    const [id] = entry.frames
    if (id === undefined || !rescue.wanted.has(id)) continue
    const head = encodeHead(entry)
    await rescue.offer(id, compressFrame(head, LEVEL_HEAD), head.length, 'entries')
  }
}

/** A file of the host that had the content once, and may have it still, or as the front of what it has now. */
export interface LiveFile {
  /** Absolute, in text form. */
  path: string
  /** The frames that are wanted of it. */
  frames: readonly FrameId[]
}

/** Cuts files anew and takes the segments that are wanted; files that are gone or cannot be read are passed over. */
export async function fromLiveFiles(files: Iterable<LiveFile>, rescue: Rescue, signal: AbortSignal | undefined): Promise<void> {
  const sink: FrameSink = {
    codec: rescue.codec,
    isKnown: (id) => !rescue.wanted.has(id),
    rawBytesOf: () => null,
    accept: async (id, segment, level) => void (await rescue.offer(id, compressFrame(segment, level), segment.length, 'liveFiles')),
  }
  const reader = new FileReader(sink)
  try {
    for (const { path, frames } of files) {
      throwIfCancelled(signal)
      const raw = rawOfText(path)
      if (raw === null || !frames.some((id) => rescue.wanted.has(id))) continue
      const read = await reader.read(raw, null)
      if (read.ok && read.body) await sink.accept(read.body.id, read.body.segment, LEVEL_SMALL)
    }
  } finally {
    reader.release()
  }
}
