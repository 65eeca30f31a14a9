/** The frames of all packs below a prefix. Indexes are read when somebody asks, and again only as far as packs came or went. */
import type { FrameId } from '../entry.ts'
import { FrameIndex, type FrameLocation } from './frame-index.ts'
import { indexNameOf, listPacks, loadIndex, loadIndexes, type PackPlace } from './pack.ts'

interface Loaded {
  index: FrameIndex
  /** Names of the packs that were looked at, readable or not. */
  packs: ReadonlySet<string>
}

/** Indexes read one by one. */
interface Part {
  index: FrameIndex
  /** Packs not read yet, the one to be read next at the end. */
  left: { pack: string; hasIndex: boolean }[]
}

export class IndexedPacks {
  private readonly place: PackPlace
  private readonly prefix: string
  private loaded: Promise<Loaded> | null = null
  private part: Promise<Part> | null = null

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
   * Where a section lies; null when that takes a look at everything. Indexes are read smallest first, until one has it: those of packs of sections are far
   * smaller than those of data.
   */
  async findSection(id: FrameId): Promise<FrameLocation | null> {
    if (this.loaded) return (await this.loaded).index.get(id)
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
    const { packs, indexes } = await listPacks(this.place.storage, this.prefix)
    const sizeOf = (pack: string) => indexes.get(indexNameOf(pack)) ?? Number.POSITIVE_INFINITY
    const left = packs.map((pack) => ({ pack, hasIndex: indexes.has(indexNameOf(pack)), sizeBytes: sizeOf(pack) }))
    return { index: new FrameIndex(), left: left.sort((a, b) => (a.sizeBytes < b.sizeBytes ? 1 : -1)) }
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
