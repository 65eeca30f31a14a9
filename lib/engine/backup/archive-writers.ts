/** The pack writers of one backup, opened when there is something to write: a backup of an unchanged workspace needs no index. */
import type { FrameIndex } from '../repository/frame-index.ts'
import type { PackWriter } from '../repository/pack-writer.ts'
import type { Repository } from '../repository/repository.ts'
import { PackSink } from './pack-sink.ts'

export class ArchiveWriters {
  private readonly repository: Repository
  private dataSink: Promise<PackSink> | null = null
  private metaWriter: Promise<PackWriter> | null = null

  constructor(repository: Repository) {
    this.repository = repository
  }

  index(): Promise<FrameIndex> {
    return this.repository.index()
  }

  /** For heads and bodies. */
  data(): Promise<PackSink> {
    return (this.dataSink ??= this.openData())
  }

  private async openData(): Promise<PackSink> {
    return new PackSink(this.repository.codec, await this.repository.packWriter('data'), await this.index())
  }

  /** For sections. */
  meta(): Promise<PackWriter> {
    return (this.metaWriter ??= this.repository.packWriter('meta'))
  }

  /** Makes everything durable; returns the names of the new packs and their bytes, indexes included. */
  async finish(): Promise<{ packs: string[]; storedBytes: number }> {
    const writers = await this.opened()
    for (const writer of writers) await writer.finish()
    return { packs: writers.flatMap(({ packs }) => packs), storedBytes: writers.reduce((sum, { storedBytes }) => sum + storedBytes, 0) }
  }

  /** See `PackWriter.abort`. */
  async abort(options: { removePacks: boolean }): Promise<void> {
    for (const writer of await this.opened()) await writer.abort(options)
    if (options.removePacks) this.repository.dropIndex()
  }

  private async opened(): Promise<PackWriter[]> {
    const [data, meta] = await Promise.all([this.dataSink, this.metaWriter])
    return [data?.packs, meta ?? undefined].filter((writer) => writer !== undefined)
  }
}
