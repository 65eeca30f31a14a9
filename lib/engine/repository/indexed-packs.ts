/** The frames of all packs below a prefix. Indexes are read when somebody asks, and again only as far as packs came or went. */
import type { FrameId } from '../entry.ts'
import { FrameIndex, type FrameLocation } from './frame-index.ts'
import { WantedFrames } from './index-lines.ts'
import { indexNameOf, listPacks, type PackPlace } from './pack.ts'
import { loadIndex, loadIndexes, loadWanted } from './pack-index.ts'

interface Loaded {
  index: FrameIndex
  /** Names of the packs that were looked at, readable or not. */
  packs: ReadonlySet<string>
}

interface ListedPack {
  pack: string
  hasIndex: boolean
}

/** Indexes read one by one. */
interface Part {
  index: FrameIndex
  /** Packs not read yet, the one to be read next at the end. */
  left: ListedPack[]
}

/** Who looks for some frames more often than this is better served by the table of all. */
const MOST_LOOKS = 12
/** The same for who looks for more frames at once than this. */
export const MOST_LOCATED = 20_000

export class IndexedPacks {
  private readonly place: PackPlace
  private readonly prefix: string
  private loaded: Promise<Loaded> | null = null
  private part: Promise<Part> | null = null
  /** Frames that were looked for one by one. */
  private located = new FrameIndex()
  private asked: { wanted: FrameId[]; met: Promise<void> } | null = null
  private looks = 0

  constructor(place: PackPlace, prefix: string) {
    this.place = place
    this.prefix = prefix
  }

  /** True once the indexes were asked for. */
  get isLoaded(): boolean {
    return this.loaded !== null
  }

  /** What was there when the indexes were read last. */
  async index(): Promise<FrameIndex> {
    return (await (this.loaded ?? this.keep(this.load()))).index
  }

  /**
   * Looks for some frames at once; `known` has those that were found. No table of all is made of the indexes for that: where they name three million
   * frames it takes four seconds of a processor, and looking through their lines takes one at most. Smallest indexes first, until all were met: what was
   * stored since the first archive lies in small packs.
   */
  async locate(ids: readonly FrameId[]): Promise<void> {
    if (this.loaded) return void (await this.loaded)
    const missing = ids.filter((id) => !this.located.has(id))
    if (missing.length === 0) return
    if (missing.length > MOST_LOCATED) return void (await this.index())
    if (!this.asked) {
      const wanted: FrameId[] = []
      this.asked = { wanted, met: this.look(wanted) }
    }
    for (const id of missing) this.asked.wanted.push(id)
    await this.asked.met
  }

  /** Looks for what was asked for by the time the packs are listed: who asks at the same moment is served by one look. */
  private async look(asked: readonly FrameId[]): Promise<void> {
    const { located } = this
    const left = await this.listSmallestLast().finally(() => {
      this.asked = null
    })
    if (++this.looks > MOST_LOOKS) return void (await this.index())
    const wanted = new WantedFrames(asked)
    while (wanted.count > 0 && left.length > 0) await loadWanted(this.place, located, left.pop()!, wanted)
  }

  /** Where a frame lies, as far as that is known without reading anything. */
  async known(id: FrameId): Promise<FrameLocation | null> {
    return (this.loaded ? (await this.loaded).index : this.located).get(id)
  }

  /**
   * Where a section lies; null when that takes a look at everything. Indexes are read smallest first, until one has it: those of packs of sections are far
   * smaller than those of data.
   */
  async findSection(id: FrameId): Promise<FrameLocation | null> {
    if (this.loaded || this.located.has(id)) return this.known(id)
    for (;;) {
      const { index, left } = await (this.part ??= this.listPart())
      const found = index.get(id)
      const next = found ? undefined : left.pop()
      if (!next) return found
      const read = (this.part = loadIndex(this.place, index, next.pack, next.hasIndex).then(() => ({ index, left })))
      read.catch(() => {
        if (this.part === read) this.part = null
      })
    }
  }

  private async listPart(): Promise<Part> {
    return { index: new FrameIndex(), left: await this.listSmallestLast() }
  }

  /** By the sizes of their indexes; packs without one are first. */
  private async listSmallestLast(): Promise<ListedPack[]> {
    const { packs, indexes } = await listPacks(this.place.storage, this.prefix)
    const sizeOf = (pack: string) => indexes.get(indexNameOf(pack)) ?? Number.POSITIVE_INFINITY
    const listed = packs.map((pack) => ({ pack, hasIndex: indexes.has(indexNameOf(pack)), sizeBytes: sizeOf(pack) }))
    return listed.sort((a, b) => (a.sizeBytes < b.sizeBytes ? 1 : -1))
  }

  /** What is there now: lists the packs, reads the indexes of new ones, and all of them when one has gone. */
  async refresh(): Promise<FrameIndex> {
    if (!this.loaded) return this.index()
    const before = await this.loaded
    const listed = await listPacks(this.place.storage, this.prefix)
    const packs = new Set(listed.packs)
    if (![...before.packs].every((pack) => packs.has(pack))) return (await this.keep(this.load())).index
    if (packs.size === before.packs.size) return before.index
    await loadIndexes(this.place, before.index, { listed, skip: before.packs })
    return (await this.keep(Promise.resolve({ index: before.index, packs }))).index
  }

  /** Makes the next question read everything again. */
  drop(): void {
    this.loaded = null
    this.part = null
    this.located = new FrameIndex()
  }

  private async load(): Promise<Loaded> {
    const index = new FrameIndex()
    return { index, packs: new Set(await loadIndexes(this.place, index, { prefix: this.prefix })) }
  }

  /** Keeps what is being read, for all who ask meanwhile; a failure is not kept. */
  private keep(loading: Promise<Loaded>): Promise<Loaded> {
    this.loaded = loading
    this.part = null
    loading.catch(() => {
      if (this.loaded === loading) this.loaded = null
    })
    return loading
  }
}
