/** The index of a pack says which frame lies where. It is derivable from the pack, since frames delimit themselves. */
import { AppError, type ErrorCode } from '#lib/base/errors.ts'
import type { FrameId } from '../entry.ts'
import type { Codec } from './codec.ts'
import { decompressFrame, frameContentBytes } from './frame.ts'
import { FrameIndex } from './frame-index.ts'
import { formatIndexLines, type WantedFrames } from './index-lines.ts'
import { indexNameOf, listPacks, type PackKind, type PackList, type PackPlace } from './pack.ts'
import { openObject, sealObject } from './seal.ts'

interface Placed {
  id: FrameId
  offset: number
  storedBytes: number
  rawBytes: number
}

/** The first line of an index object. */
const INDEX_HEADER = /^orchive-index 1 (data|meta)(?: ([0-9a-f]{64}))?\n/
const HEADER_ROOM = 128

/** An index object's text. `head` is what a sealed pack begins with: without it nothing of the pack could be read, so it is kept twice. */
export function formatIndex(kind: PackKind, frames: FrameIndex, head: Buffer = Buffer.alloc(0)): Buffer {
  const header = `orchive-index 1 ${kind}${head.length > 0 ? ` ${head.toString('hex')}` : ''}\n`
  return formatIndexLines(header, frames.size, (number) => {
    const { id, location } = frames.frameAt(number)
    return `${id} ${location.offset} ${location.storedBytes} ${location.rawBytes}\n`
  })
}

/** What an index object says; throws `repository_damaged` naming it. */
export function parseIndex(name: string, stored: Uint8Array): { kind: PackKind; head: Buffer; frames: Placed[] } {
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
  const header = INDEX_HEADER.exec(text)
  if (!header) throw damaged('has no header')
  const frames: Placed[] = []
  const line = /([0-9a-f]{64}) (\d+) (\d+) (\d+)\n/y
  line.lastIndex = header[0].length
  while (line.lastIndex < text.length) {
    const match = line.exec(text)
    if (!match) throw damaged(`is damaged at line ${frames.length + 2}`)
    frames.push({ id: match[1]!, offset: Number(match[2]), storedBytes: Number(match[3]), rawBytes: Number(match[4]) })
  }
  return { kind: header[1] as PackKind, head: Buffer.from(header[2] ?? '', 'hex'), frames }
}

/** The frames of a pack, from its own bytes: what its index must say. Throws `frame_damaged`. */
export function deriveFrames(pack: Uint8Array, { packs, frameId }: Codec): Placed[] {
  const placed: Placed[] = []
  const opener = packs.opener(pack.subarray(0, packs.headBytes))
  for (let offset = packs.headBytes; offset < pack.length; ) {
    const { frame, storedBytes } = opener.next(pack, offset)
    const rawBytes = frameContentBytes(frame, 0)
    if (rawBytes === null) throw new AppError('frame_damaged', { message: `The frame at byte ${offset} does not say its size.` })
    placed.push({ id: frameId(decompressFrame(frame, rawBytes)), offset, storedBytes, rawBytes })
    offset += storedBytes
  }
  return placed
}

/**
 * Reads all indexes below a prefix, or those of the packs `listed`, into a table; a pack whose index is missing or damaged is read itself. Returns the
 * names of the packs read.
 */
export async function loadIndexes(
  place: PackPlace,
  index: FrameIndex,
  options: { skip?: ReadonlySet<string>; prefix?: string; listed?: PackList } = {},
): Promise<string[]> {
  const { packs, indexes } = options.listed ?? (await listPacks(place.storage, options.prefix))
  const read = packs.filter((pack) => !options.skip?.has(pack))
  for (const pack of read) await loadIndex(place, index, pack, indexes.has(indexNameOf(pack)))
  return read
}

/** Reads one pack's index into a table, or the pack itself where its index is missing or damaged. */
export async function loadIndex(place: PackPlace, index: FrameIndex, pack: string, hasIndex: boolean): Promise<void> {
  if (!hasIndex || !(await addIndexed(place, index, pack))) await addDerived(place, index, pack)
}

/**
 * Makes the index of a pack that has none, from the pack itself; a pack that is damaged is left as it is. Which kind it is its first frame tells: lines of
 * entries are a section.
 */
export async function makeMissingIndex({ storage, objects, codec }: PackPlace, pack: string): Promise<void> {
  try {
    const bytes = await storage.get(pack)
    const placed = deriveFrames(bytes, codec)
    const [first] = placed
    if (!first) return
    const opener = codec.packs.opener(bytes.subarray(0, codec.packs.headBytes))
    const raw = decompressFrame(opener.next(bytes, first.offset).frame, first.rawBytes)
    const kind = SECTION_START.test(raw.toString('latin1', 0, HEADER_ROOM)) ? 'meta' : 'data'
    const frames = new FrameIndex()
    for (const frame of placed) frames.add(frame.id, { pack, ...frame })
    await objects.put(indexNameOf(pack), sealObject(formatIndex(kind, frames, bytes.subarray(0, codec.packs.headBytes))))
  } catch (error) {
    if (!isCode(error, 'frame_damaged', 'object_missing', 'object_exists')) throw error
  }
}

const SECTION_START = /^[fdlh]\t\d+\t-?\d+\.\d{9}\t[0-7]+\t/

/** Of one pack only the frames that are `wanted`: their lines are looked for in its index, and no other is taken apart. */
export async function loadWanted(
  place: PackPlace,
  index: FrameIndex,
  { pack, hasIndex }: { pack: string; hasIndex: boolean },
  wanted: WantedFrames,
): Promise<void> {
  const take = (text: Buffer, from: number) => wanted.meet(text, from, (line) => index.addLines(pack, line, 0))
  if (!hasIndex || !(await withIndexText(place, pack, take))) await addDerived(place, index, pack)
}

const addIndexed = (place: PackPlace, index: FrameIndex, pack: string) =>
  withIndexText(place, pack, (text, from) => index.addLines(pack, text, from))

/** Hands on the lines of a pack's index, which begin at `from`. False when it does not say them: damaged, of another version, or moved away since it was listed. */
async function withIndexText({ objects }: PackPlace, pack: string, take: (text: Buffer, from: number) => boolean): Promise<boolean> {
  try {
    const text = openObject(await objects.get(indexNameOf(pack)))
    const header = INDEX_HEADER.exec(text.toString('latin1', 0, HEADER_ROOM))
    return header !== null && take(text, header[0].length)
  } catch (error) {
    if (isCode(error, 'repository_damaged', 'object_missing')) return false
    throw error
  }
}

async function addDerived({ storage, codec }: PackPlace, index: FrameIndex, pack: string): Promise<void> {
  try {
    for (const frame of deriveFrames(await storage.get(pack), codec)) index.add(frame.id, { pack, ...frame })
  } catch (error) {
    // A pack that is damaged itself is as good as missing: what it held is stored again when it is met, and verify tells.
    if (!isCode(error, 'frame_damaged', 'object_missing')) throw error
  }
}

const isCode = (error: unknown, ...codes: ErrorCode[]) => error instanceof AppError && codes.includes(error.code)
