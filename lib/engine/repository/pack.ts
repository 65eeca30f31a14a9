/**
 * Packs: frames back to back, named by the SHA-256 of the file, with an index object beside each. The index is derivable from the pack,
 * since frames delimit themselves. Write order: pack durable → index durable; an index never names a pack that is not there.
 */
import { createHash, type Hash } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import type { FrameId } from '../entry.ts'
import { decompressFrame, frameContentBytes, frameIdOf, splitFrames } from './frame.ts'
import type { FrameIndex } from './frame-index.ts'
import { openObject, sealObject } from './seal.ts'
import type { ObjectWriter, Storage } from './storage.ts'

/** Data packs hold segments, meta packs hold sections of manifests. */
export type PackKind = 'data' | 'meta'

/** A pack is closed when it has grown to this size. */
export const PACK_BYTES = 64 * 1024 * 1024

export const packName = (sha256: string) => `packs/${sha256.slice(0, 2)}/${sha256}.pack`
export const indexNameOf = (pack: string) => pack.replace(/\.pack$/, '.idx.zst')

interface Placed {
  id: FrameId
  offset: number
  storedBytes: number
  rawBytes: number
}

/** Collects frames into packs. A frame added is durable once `finish` has returned. */
export class PackWriter {
  /** Bytes written so far, packs and indexes. */
  storedBytes = 0
  frames = 0
  /** Packs made durable by this writer. */
  readonly packs: string[] = []
  private readonly storage: Storage
  private readonly kind: PackKind
  private readonly index: FrameIndex
  private writer: ObjectWriter | null = null
  private hash: Hash = createHash('sha256')
  private placed: Placed[] = []
  private offset = 0
  private readonly pending = new Set<FrameId>()

  /** New frames enter `index` when their pack is durable; until then only this writer knows them. */
  constructor(storage: Storage, kind: PackKind, index: FrameIndex) {
    this.storage = storage
    this.kind = kind
    this.index = index
  }

  /** True when the frame is stored already or waits in this writer. */
  has(id: FrameId): boolean {
    return this.pending.has(id) || this.index.has(id)
  }

  /** Adds a frame unless it is there; returns the new bytes it took (0 when it was there). */
  async add(id: FrameId, stored: Uint8Array, rawBytes: number): Promise<number> {
    if (this.has(id)) return 0
    this.writer ??= await this.storage.create()
    await this.writer.append(stored)
    this.hash.update(stored)
    this.placed.push({ id, offset: this.offset, storedBytes: stored.length, rawBytes })
    this.pending.add(id)
    this.offset += stored.length
    this.storedBytes += stored.length
    this.frames++
    if (this.offset >= PACK_BYTES) await this.close()
    return stored.length
  }

  /** Makes everything added durable. */
  async finish(): Promise<void> {
    if (this.writer) await this.close()
  }

  /** Drops the unfinished pack and gives its space back. Packs already closed stay as harmless orphans. */
  async abort(): Promise<void> {
    await this.writer?.abort()
    this.reset()
  }

  private async close(): Promise<void> {
    const name = packName(this.hash.digest('hex'))
    await this.writer!.commit(name)
    const index = sealObject(Buffer.from(formatIndex(this.kind, this.placed)))
    const indexName = indexNameOf(name)
    if (!(await this.storage.stat(indexName))) await this.storage.put(indexName, index)
    this.storedBytes += index.length
    for (const frame of this.placed) this.index.add(frame.id, { pack: name, ...frame })
    this.packs.push(name)
    this.reset()
  }

  private reset(): void {
    this.writer = null
    this.hash = createHash('sha256')
    this.placed = []
    this.offset = 0
    this.pending.clear()
  }
}

function formatIndex(kind: PackKind, placed: Placed[]): string {
  return `orchive-index 1 ${kind}\n${placed.map((f) => `${f.id} ${f.offset} ${f.storedBytes} ${f.rawBytes}\n`).join('')}`
}

/** What an index object says; throws `repository_damaged` naming it. */
export function parseIndex(name: string, stored: Uint8Array): { kind: PackKind; frames: Placed[] } {
  const damaged = (what: string, cause?: unknown) =>
    new AppError('repository_damaged', {
      message: `The index ${name} ${what}.`,
      hint: 'It is derivable: `orchive verify --all` names what it belongs to.',
      cause,
    })
  let text: string
  try {
    text = openObject(stored).toString('latin1')
  } catch (error) {
    throw damaged('cannot be read', error)
  }
  const header = /^orchive-index 1 (data|meta)\n/.exec(text)
  if (!header) throw damaged('has no header')
  const frames: Placed[] = []
  const line = /([0-9a-f]{64}) (\d+) (\d+) (\d+)\n/y
  line.lastIndex = header[0].length
  while (line.lastIndex < text.length) {
    const match = line.exec(text)
    if (!match) throw damaged(`is damaged at line ${frames.length + 2}`)
    frames.push({ id: match[1]!, offset: Number(match[2]), storedBytes: Number(match[3]), rawBytes: Number(match[4]) })
  }
  return { kind: header[1] as PackKind, frames }
}

/** The frames of a pack, from its own bytes: what its index must say. Throws `frame_damaged`. */
export function deriveFrames(pack: Buffer): Placed[] {
  return splitFrames(pack).map(({ offset, length }) => {
    const rawBytes = frameContentBytes(pack, offset)
    if (rawBytes === null) throw new AppError('frame_damaged', { message: `The frame at byte ${offset} does not say its size.` })
    return { id: frameIdOf(decompressFrame(pack.subarray(offset, offset + length), rawBytes)), offset, storedBytes: length, rawBytes }
  })
}

/** Reads all indexes into a table; a pack whose index is missing or damaged is read itself. */
export async function loadIndexes(
  storage: Storage,
  index: FrameIndex,
  options: { skip?: ReadonlySet<string>; prefix?: string } = {},
): Promise<void> {
  const packs: string[] = []
  const indexes = new Set<string>()
  for await (const { name } of storage.list(options.prefix ?? 'packs/')) {
    if (name.endsWith('.pack')) packs.push(name)
    else if (name.endsWith('.idx.zst')) indexes.add(name)
  }
  for (const pack of packs.sort()) {
    if (options.skip?.has(pack)) continue
    for (const frame of await framesOfPack(storage, pack, indexes.has(indexNameOf(pack)))) index.add(frame.id, { pack, ...frame })
  }
}

async function framesOfPack(storage: Storage, pack: string, hasIndex: boolean): Promise<Placed[]> {
  if (hasIndex) {
    try {
      return parseIndex(indexNameOf(pack), await storage.get(indexNameOf(pack))).frames
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'repository_damaged') throw error
    }
  }
  try {
    return deriveFrames(await storage.get(pack))
  } catch (error) {
    if (error instanceof AppError && error.code === 'frame_damaged') return []
    throw error
  }
}
