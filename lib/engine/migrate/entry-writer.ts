/**
 * Entries of one repository written into another: the same heads and contents under the ids of the other, large contents cut where the other cuts.
 * Everything is checked on the way: each frame against its id, each content against its SHA-256.
 */
import { createHash } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import { ContentCutter, contentWindow, cutStream } from '../backup/file-content.ts'
import type { FrameSink } from '../backup/frame-sink.ts'
import { LevelProbe } from '../backup/level-probe.ts'
import { type Entry, type FrameId, formatEntryLine, parseEntryLine } from '../entry.ts'
import { SMALL_LIMIT } from '../repository/chunker.ts'
import { compressFrame, decompressFrame } from '../repository/frame.ts'
import type { PackWriter } from '../repository/pack-writer.ts'
import type { Repository } from '../repository/repository.ts'
import { paddingOf } from '../tar/head.ts'
import { FrameTranslation } from './frame-translation.ts'

/** So much may wait in memory for the disk. */
const AHEAD_BYTES = 32 * 1024 * 1024

export class EntryWriter {
  /** Stored bytes of the old repository that were read. */
  readBytes = 0
  /** Large contents written since they were taken last. */
  newContents: [sha256: string, frames: FrameId[]][] = []
  private readonly source: Repository
  private readonly target: Repository
  private readonly packs: PackWriter
  private readonly frames = new FrameTranslation()
  private readonly contents: Map<string, FrameId[]>
  private readonly probe = new LevelProbe()
  private readonly window = contentWindow()
  private readonly sink: FrameSink
  private aheadBytes = 0

  /** `contents` are bodies of large contents that are in the new repository already. */
  constructor({
    source,
    target,
    packs,
    contents,
  }: { source: Repository; target: Repository; packs: PackWriter; contents: Map<string, FrameId[]> }) {
    this.source = source
    this.target = target
    this.packs = packs
    this.contents = contents
    this.sink = {
      codec: target.codec,
      isKnown: (id) => packs.has(id),
      rawBytesOf: () => null,
      accept: (id, segment, level) => this.add(id, compressFrame(segment, level), segment.length),
    }
  }

  /** Writes what a manifest line is about; gives the line of the same entry in the new repository. */
  async write(line: string): Promise<string> {
    const entry = parseEntryLine(line)
    return formatEntryLine({ ...entry, frames: await this.framesOf(entry) })
  }

  private async framesOf({ frames: [head, ...bodies], ...entry }: Entry): Promise<FrameId[]> {
    if (head === undefined) return []
    const to = [await this.same(head, null)]
    if (entry.sizeBytes > SMALL_LIMIT) return to.concat(await this.cutAgain({ ...entry, frames: bodies }))
    for (const body of bodies) to.push(await this.same(body, bodies.length === 1 ? entry : null))
    return to
  }

  /** The same segment under the id that it has in the new repository; `content` is the entry that it is all the content of. */
  private async same(from: FrameId, content: Pick<Entry, 'path' | 'sizeBytes' | 'sha256'> | null): Promise<FrameId> {
    const known = this.frames.get(from)
    if (known !== null) return known
    const { bytes, raw } = await this.read(from)
    if (content !== null && sha256Of(raw.subarray(0, content.sizeBytes)) !== content.sha256) throw notItsContent(content.path)
    const to = this.target.codec.frameId(raw)
    await this.add(to, bytes, raw.length)
    this.frames.add(from, to)
    return to
  }

  private async cutAgain({ path, sizeBytes, sha256, frames }: Pick<Entry, 'path' | 'sizeBytes' | 'sha256' | 'frames'>): Promise<FrameId[]> {
    const known = this.contents.get(sha256!)
    if (known !== undefined) return known
    const content = createHash('sha256')
    const cutter = new ContentCutter(this.sink, this.probe, path)
    const bodies = this.bodiesOf(frames)
    const done = await cutStream({ window: this.window, sizeBytes, content, cutter, onBytes: () => {}, fill: bodies.fill }, 0, 0)
    const isWhole = done === sizeBytes && (await bodies.sizeToEnd()) === sizeBytes + paddingOf(sizeBytes)
    if (!isWhole || content.digest('hex') !== sha256) throw notItsContent(path)
    this.contents.set(sha256!, cutter.frames)
    this.newContents.push([sha256!, cutter.frames])
    return cutter.frames
  }

  /** Reads bodies one after the other into the window; the last ones hold the padding, which nobody asks for. */
  private bodiesOf(frames: readonly FrameId[]) {
    let next = 0
    let rest: Buffer = Buffer.alloc(0)
    let readBytes = 0
    const more = async () => {
      rest = (await this.read(frames[next++]!)).raw
      readBytes += rest.length
    }
    const fill = async (at: number, length: number): Promise<number> => {
      let filled = 0
      while (filled < length && (rest.length > 0 || next < frames.length)) {
        if (rest.length === 0) await more()
        const count = rest.copy(this.window, at + filled, 0, length - filled)
        rest = rest.subarray(count)
        filled += count
      }
      return filled
    }
    const sizeToEnd = async () => {
      while (next < frames.length) await more()
      return readBytes
    }
    return { fill, sizeToEnd }
  }

  private async read(id: FrameId): Promise<{ bytes: Buffer; raw: Buffer }> {
    const { bytes, rawBytes } = await this.source.stored(id)
    this.readBytes += bytes.length + this.source.codec.packs.extraBytes
    const raw = decompressFrame(bytes, rawBytes)
    if (this.source.codec.frameId(raw) === id) return { bytes, raw }
    throw new AppError('frame_damaged', {
      message: `Frame ${id} does not match its id.`,
      hint: 'Run `orchive verify --all` to see which archives are affected.',
    })
  }

  private async add(id: FrameId, stored: Buffer, rawBytes: number): Promise<void> {
    this.aheadBytes += this.packs.add(id, stored, rawBytes)
    if (this.aheadBytes < AHEAD_BYTES) return
    this.aheadBytes = 0
    await this.packs.written()
  }
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function notItsContent(path: string): AppError {
  return new AppError('frame_damaged', {
    message: `What is stored of ${path} does not have the checksum that the archive names.`,
    hint: 'Run `orchive verify --all` to see which archives are affected.',
    context: { path },
  })
}
