/**
 * An archive as a plain tar stream. Frames in archive order and the end-of-archive frame are a valid `.tar.zst`: that export copies stored bytes.
 * `.tar` and `.tar.gz` come from the same segments. Every frame is checked against its id on the way out, and every head against the line that
 * it belongs to: whoever unpacks the file believes the heads, and they may come from somebody else's repository.
 */
import { PassThrough, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry, FrameId } from '../entry.ts'
import { compressFrame, createGzipStream, decompressFrame } from '../repository/frame.ts'
import { damagedFrame } from '../repository/frame-walk.ts'
import { MOST_LOCATED } from '../repository/indexed-packs.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { ChosenPaths, findEntry } from '../restore/chosen-paths.ts'
import { EntryGuard } from '../restore/safe-path.ts'
import { END_OF_ARCHIVE, encodeHead, paddingOf } from './head.ts'

export const EXPORT_FORMATS = ['tar', 'tar.zst', 'tar.gz'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface ExportOptions {
  format: ExportFormat
  /** Only these archive paths and what lies below; empty = everything. */
  paths?: readonly string[]
  /** Content of `.orchive/manifest.json`, put first; null = without. */
  manifestJson?: Buffer | null
  signal?: AbortSignal
}

/** What came out: bytes of the tar stream before compression, and entries of the archive. */
export interface ExportTotals {
  bytes: number
  entries: number
}

/**
 * Writes the archive to `sink` and ends it. Throws `path_unknown` for a path that is not there, before the first byte; after a later failure the sink
 * is destroyed, so that nobody takes what came out for the whole.
 */
export async function exportTar(reader: ArchiveReader, options: ExportOptions, sink: Writable): Promise<ExportTotals> {
  const chosen = new ChosenPaths([...(options.paths ?? [])])
  if (!chosen.everything) {
    await requirePaths(reader, options.paths!)
    await locateAll(reader, chosen)
  }
  const totals: ExportTotals = { bytes: 0, entries: 0 }
  const pieces = batched(new SegmentSource(reader, chosen, totals, options).pieces())
  const filter = options.format === 'tar.gz' ? createGzipStream() : new PassThrough()
  try {
    await pipeline(pieces, filter, sink, { signal: options.signal })
  } catch (error) {
    throwIfCancelled(options.signal)
    throw error
  }
  return totals
}

/** Also those that another one covers. */
async function requirePaths(reader: ArchiveReader, paths: readonly string[]): Promise<void> {
  const named = paths.map((path) => new ChosenPaths([path]))
  const there = new Set<string>()
  for await (const { path } of reader.entriesAt(named.flatMap((one) => one.paths))) there.add(path)
  for (const one of named) one.requireFound(there, reader.manifest.id)
}

/** Looks for all frames at once where they are few, so that a small part of a long history does not read the index of all. */
async function locateAll(reader: ArchiveReader, chosen: ChosenPaths): Promise<void> {
  const frames: FrameId[] = []
  for await (const entry of reader.entries(chosen.paths)) {
    for (const id of entry.frames) frames.push(id)
    if (frames.length > MOST_LOCATED) return
  }
  await reader.locate(frames)
}

/** The segments of an export in order, as they go out: as stored frames for `.tar.zst`, else as they are. */
class SegmentSource {
  private readonly reader: ArchiveReader
  private readonly chosen: ChosenPaths
  private readonly totals: ExportTotals
  private readonly options: ExportOptions
  private readonly guard = new EntryGuard()
  /** Content that is not part of the export → the exported name that carries it instead. */
  private readonly carriers = new Map<string, string>()

  constructor(reader: ArchiveReader, chosen: ChosenPaths, totals: ExportTotals, options: ExportOptions) {
    this.reader = reader
    this.chosen = chosen
    this.totals = totals
    this.options = options
  }

  async *pieces(): AsyncGenerator<Buffer> {
    for (const segment of ownSegments(this.options.manifestJson ?? null, this.reader.manifest.createdAt)) yield this.own(segment)
    for await (const entry of this.reader.entries(this.chosen.everything ? undefined : this.chosen.paths)) {
      throwIfCancelled(this.options.signal)
      this.totals.entries++
      if (entry.type === 'hardlink' && !this.chosen.covers(entry.linkTarget!)) yield* this.strayLink(entry)
      else yield* this.member(entry)
    }
    yield this.own(END_OF_ARCHIVE)
  }

  private async *member(entry: Entry): AsyncGenerator<Buffer> {
    this.guard.check(entry)
    const [head, ...bodies] = entry.frames
    if (head === undefined || head !== this.reader.codec.frameId(encodeHead(entry)))
      throw damagedFrame(`is another head than the one of ${entry.path}`)
    yield await this.stored(head)
    const startedBytes = this.totals.bytes
    for (const id of bodies) yield await this.stored(id)
    const contentBytes = entry.type === 'file' ? entry.sizeBytes : 0
    if (this.totals.bytes - startedBytes !== contentBytes + paddingOf(contentBytes))
      throw damagedFrame(`is not of the size that ${entry.path} has`)
  }

  /** A hard link to what is not exported: the first becomes the file itself, later ones link to that. */
  private async *strayLink(link: Entry): AsyncGenerator<Buffer> {
    const target = link.linkTarget!
    const carrier = this.carriers.get(target)
    if (carrier !== undefined) {
      yield this.own(encodeHead({ ...link, linkTarget: carrier }))
      return
    }
    const file = await findEntry(this.reader, target)
    if (file?.type !== 'file')
      throw damagedFrame(`is missing: ${link.path} shares its content with ${target}, which the archive does not have`)
    this.carriers.set(target, link.path)
    yield this.own(encodeHead({ ...link, type: 'file', sizeBytes: file.sizeBytes, linkTarget: null }))
    for (const id of file.frames.slice(1)) yield await this.stored(id)
  }

  /** A segment that is in no pack. */
  private own(segment: Buffer): Buffer {
    this.totals.bytes += segment.length
    return this.options.format === 'tar.zst' ? compressFrame(segment) : segment
  }

  private async stored(id: string): Promise<Buffer> {
    const { bytes, rawBytes } = await this.reader.stored(id)
    const segment = decompressFrame(bytes, rawBytes)
    if (this.reader.codec.frameId(segment) !== id) throw damagedFrame(`${id} does not match its id`)
    this.totals.bytes += rawBytes
    return this.options.format === 'tar.zst' ? bytes : segment
  }
}

const BATCH_BYTES = 256 * 1024

/** Small pieces put together: a write for each head would cost more than the head. */
async function* batched(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let batch: Buffer[] = []
  let bytes = 0
  for await (const piece of pieces) {
    batch.push(piece)
    bytes += piece.length
    if (bytes < BATCH_BYTES) continue
    yield batch.length === 1 ? piece : Buffer.concat(batch)
    batch = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(batch)
}

/** Content of our own goes out in segments of this size at most, as everybody else's does. */
const OWN_SEGMENT_BYTES = 1024 * 1024

/** `.orchive/` and the manifest in it: source paths, item keys and checksums for whoever unpacks without Orchive. */
function* ownSegments(manifestJson: Buffer | null, createdAt: string): Generator<Buffer> {
  if (manifestJson === null) return
  const base = { mtimeNs: BigInt(Date.parse(createdAt)) * 1_000_000n, uid: 0, gid: 0, linkTarget: null }
  yield encodeHead({ ...base, path: '.orchive', type: 'dir', sizeBytes: 0, mode: 0o755 })
  yield encodeHead({ ...base, path: '.orchive/manifest.json', type: 'file', sizeBytes: manifestJson.length, mode: 0o644 })
  for (let at = 0; at < manifestJson.length; at += OWN_SEGMENT_BYTES) yield manifestJson.subarray(at, at + OWN_SEGMENT_BYTES)
  const padding = paddingOf(manifestJson.length)
  if (padding > 0) yield Buffer.alloc(padding)
}
