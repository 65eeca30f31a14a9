/** The frames of all packs below a prefix. Indexes are read when somebody asks, and again only as far as packs came or went. */
import { FrameIndex } from './frame-index.ts'
import { listPacks, loadIndexes } from './pack.ts'
import type { Storage } from './storage.ts'

interface Loaded {
  index: FrameIndex
  /** Names of the packs that were looked at, readable or not. */
  packs: ReadonlySet<string>
}

export class IndexedPacks {
  private readonly storage: Storage
  private readonly prefix: string
  private loaded: Promise<Loaded> | null = null

  constructor(storage: Storage, prefix: string) {
    this.storage = storage
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

  /** What is there now: lists the packs, reads the indexes of new ones, and all of them when one has gone. */
  async refresh(): Promise<FrameIndex> {
    if (!this.loaded) return this.index()
    const before = await this.loaded
    const listed = await listPacks(this.storage, this.prefix)
    const packs = new Set(listed.packs)
    if (![...before.packs].every((pack) => packs.has(pack))) return (await this.keep(this.load())).index
    if (packs.size === before.packs.size) return before.index
    await loadIndexes(this.storage, before.index, { listed, skip: before.packs })
    return (await this.keep(Promise.resolve({ index: before.index, packs }))).index
  }

  /** Makes the next question read everything again. */
  drop(): void {
    this.loaded = null
  }

  private async load(): Promise<Loaded> {
    const index = new FrameIndex()
    return { index, packs: new Set(await loadIndexes(this.storage, index, { prefix: this.prefix })) }
  }

  /** Keeps what is being read, for all who ask meanwhile; a failure is not kept. */
  private keep(loading: Promise<Loaded>): Promise<Loaded> {
    this.loaded = loading
    loading.catch(() => {
      if (this.loaded === loading) this.loaded = null
    })
    return loading
  }
}
