/**
 * An archive as a plain tar stream. Frames in archive order and the end-of-archive frame are a valid `.tar.zst`: that export copies stored bytes.
 * `.tar` and `.tar.gz` come from the same segments.
 */
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { AppError } from '#lib/base/errors.ts'
import { compressFrame, createGzipStream } from '../repository/frame.ts'
import type { ArchiveReader } from '../repository/repository.ts'
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

/** Writes the archive to `sink` and ends it; resolves to the bytes of the tar stream before compression. Throws `path_unknown` for a path that is not there. */
export async function exportTar(
  reader: ArchiveReader,
  options: ExportOptions,
  sink: Writable,
): Promise<{ bytes: number; entries: number }> {
  const out = options.format === 'tar.gz' ? pipeThroughGzip(sink) : sink
  const write = options.format === 'tar.zst' ? framesInto(out) : segmentsInto(out)
  let bytes = 0
  let entries = 0
  for (const segment of ownSegments(options.manifestJson ?? null, Date.parse(reader.manifest.createdAt))) bytes += await write.raw(segment)
  const missing = new Set(options.paths ?? [])
  const paths = missing.size > 0 ? [...missing] : undefined
  for await (const entry of reader.entries(paths)) {
    options.signal?.throwIfAborted()
    for (const path of missing) if (entry.path === path || entry.path.startsWith(`${path}/`)) missing.delete(path)
    for (const id of entry.frames) bytes += await write.frame(reader, id)
    entries++
  }
  if (missing.size > 0) {
    const path = [...missing][0]!
    throw new AppError('path_unknown', {
      message: `${reader.manifest.id} has nothing at ${path}.`,
      hint: `See \`orchive ls ${reader.manifest.id}\`.`,
      context: { path },
    })
  }
  bytes += await write.raw(END_OF_ARCHIVE)
  out.end()
  await finished(sink, { readable: false })
  return { bytes, entries }
}

interface SegmentWriter {
  raw(segment: Buffer): Promise<number>
  frame(reader: ArchiveReader, id: string): Promise<number>
}

/** Stored frames as they are; they are checked against their ids on the way only by whoever reads them, so a damaged one is found here. */
function framesInto(out: Writable): SegmentWriter {
  return {
    raw: async (segment) => {
      await push(out, compressFrame(segment))
      return segment.length
    },
    frame: async (reader, id) => {
      const raw = await reader.frame(id)
      await push(out, (await reader.stored(id)).bytes)
      return raw.length
    },
  }
}

function segmentsInto(out: Writable): SegmentWriter {
  return {
    raw: async (segment) => {
      await push(out, segment)
      return segment.length
    },
    frame: async (reader, id) => {
      const raw = await reader.frame(id)
      await push(out, raw)
      return raw.length
    },
  }
}

function pipeThroughGzip(sink: Writable): Writable {
  const gzip = createGzipStream()
  gzip.on('error', (error) => sink.destroy(error))
  sink.on('error', (error) => gzip.destroy(error))
  sink.on('close', () => gzip.destroy())
  gzip.pipe(sink)
  return gzip
}

/** Waits while the receiver is slow, so that memory stays flat; ends with the receiver's error when it goes away. */
async function push(out: Writable, bytes: Buffer): Promise<void> {
  if (out.destroyed) throw out.errored ?? new AppError('cancelled', { message: 'The receiver of the export went away.' })
  if (!out.write(bytes)) await once(out, 'drain')
}

/** `.orchive/` and the manifest in it: source paths, item keys and checksums for whoever unpacks without Orchive. */
function ownSegments(manifestJson: Buffer | null, createdAtMs: number): Buffer[] {
  if (manifestJson === null) return []
  const base = { mtimeNs: BigInt(createdAtMs) * 1_000_000n, uid: 0, gid: 0, linkTarget: null }
  return [
    encodeHead({ ...base, path: '.orchive', type: 'dir', sizeBytes: 0, mode: 0o755 }),
    encodeHead({ ...base, path: '.orchive/manifest.json', type: 'file', sizeBytes: manifestJson.length, mode: 0o644 }),
    manifestJson,
    Buffer.alloc(paddingOf(manifestJson.length)),
  ]
}
