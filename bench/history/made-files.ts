/** The files of a made-up workspace: knowledge packs in folders of 1,000 and one of 10,000, logs that are rotated, a state file. */
import { createHash } from 'node:crypto'
import type { Entry } from '../../lib/engine/entry.ts'
import { plainCodec } from '../../lib/engine/repository/codec.ts'
import { compressFrame } from '../../lib/engine/repository/frame.ts'
import type { PackWriter } from '../../lib/engine/repository/pack-writer.ts'
import { encodeHead, paddingOf } from '../../lib/engine/tar/head.ts'

/** Distinct contents; files share them, so that a million of them are stored in a few megabytes. */
const CONTENTS = 1000
const START_NS = 1_758_999_123_456_789_012n

interface Content {
  sizeBytes: number
  sha256: string
  frame: string
}

/** Makes entries whose frames are stored: what is made can be restored, verified and read. */
export class MadeFiles {
  readonly #packs: PackWriter
  readonly #contents: Content[]

  constructor(packs: PackWriter) {
    this.#packs = packs
    this.#contents = Array.from({ length: CONTENTS }, (_, n) => this.#store(packText(n)))
  }

  folder(path: string): Entry {
    return this.#withHead({ ...plain(path, 0), type: 'dir', mode: 0o755, sizeBytes: 0, sha256: null }, [])
  }

  /** A file of a pool of contents; each version of a seed is another one. */
  file(path: string, seed: number, version: number): Entry {
    const { sizeBytes, sha256, frame } = this.#contents[(seed * 31 + version * 17) % CONTENTS]!
    return this.#withHead({ ...plain(path, version), sizeBytes, sha256 }, [frame])
  }

  /** A file of content of its own. */
  own(path: string, text: string, version: number): Entry {
    const { sizeBytes, sha256, frame } = this.#store(text)
    return this.#withHead({ ...plain(path, version), sizeBytes, sha256 }, [frame])
  }

  #store(text: string): Content {
    const bytes = Buffer.from(text)
    const segment = Buffer.concat([bytes, Buffer.alloc(paddingOf(bytes.length))])
    const frame = plainCodec.frameId(segment)
    if (!this.#packs.has(frame)) this.#packs.add(frame, compressFrame(segment, 3), segment.length)
    return { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), frame }
  }

  #withHead(entry: Entry, bodies: string[]): Entry {
    const head = encodeHead(entry)
    const id = plainCodec.frameId(head)
    if (!this.#packs.has(id)) this.#packs.add(id, compressFrame(head), head.length)
    entry.frames = [id, ...bodies]
    return entry
  }
}

function plain(path: string, version: number): Entry {
  return {
    path,
    type: 'file',
    sizeBytes: 0,
    mtimeNs: START_NS + BigInt(version) * 86_400_000_000_000n,
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    sha256: null,
    frames: [],
    linkTarget: null,
  }
}

/** A small knowledge pack as orchestrators write them. */
function packText(n: number): string {
  const notes = Array.from({ length: 3 + (n % 40) }, (_, i) => ({
    id: `note-${n}-${i}`,
    text: `Finding ${i} of pack ${n}: see run ${n * 7 + i}.`,
    weight: i / 7,
  }))
  return `${JSON.stringify({ packId: `kp-${n}`, topic: `topic ${n % 37}`, notes }, null, 2)}\n`
}
