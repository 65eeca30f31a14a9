/** Which packs of the host hold what archives need and the copy does not have. */
import { throwIfCancelled } from '../cancelled.ts'
import type { FrameId } from '../entry.ts'
import type { FrameIndex } from '../repository/frame-index.ts'
import { idText } from '../repository/index-lines.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import { visitFrames } from '../repository/section-frames.ts'
import { isDamage } from './is-damage.ts'

/** What one archive lacks on the copy. */
export interface Lacking {
  /** Packs of the host, as they are named on the copy, in the order in which the archive needs them. */
  packs: string[]
  /** Frames that neither side has. */
  lost: FrameId[]
}

export interface NeededPacksInput {
  host: Repository
  /** The copy as it is now. */
  copy: Repository
  /** Packs of the host that were found damaged, or that are gone, by their names on the copy. */
  unusable: ReadonlySet<string>
  /** Hears of each pack as soon as an archive is known to need it, while the rest of the archive is still looked at. */
  onNeeded?: ((pack: string) => void) | undefined
  signal?: AbortSignal | undefined
}

/** Looks at archives one after the other; what an earlier one needs is not looked at twice. */
export class NeededPacks {
  private readonly input: NeededPacksInput
  private readonly copied: FrameIndex
  private readonly here: FrameIndex
  private readonly trashed: FrameIndex
  /** Sections of which every frame is known to be on the copy, or on its way. */
  private readonly settled = new Set<FrameId>()
  private readonly planned = new Set<string>()
  /** Packs of the host, by their positions in its index, that the archive looked at is known to need or that are planned: their other frames say nothing new. */
  private readonly seen = new Set<number>()

  private constructor(input: NeededPacksInput, indexes: { copied: FrameIndex; here: FrameIndex; trashed: FrameIndex }) {
    this.input = input
    this.copied = indexes.copied
    this.here = indexes.here
    this.trashed = indexes.trashed
  }

  static async load(input: NeededPacksInput): Promise<NeededPacks> {
    const { host, copy } = input
    return new NeededPacks(input, { copied: await copy.index(), here: await host.index(), trashed: await host.trashIndex() })
  }

  /** Takes an archive for complete on the copy: its sections need not be read again for others. */
  trust({ sections }: Manifest): void {
    for (const { id } of sections) if (this.copied.has(id)) this.settled.add(id)
  }

  /** What the copy lacks of an archive. */
  async lackingOf({ sections }: Manifest): Promise<Lacking> {
    const lacking: Lacking = { packs: [], lost: [] }
    this.seen.clear()
    const fresh: FrameId[] = []
    for (const { id } of sections) {
      if (this.settled.has(id)) continue
      throwIfCancelled(this.input.signal)
      this.look(id, lacking)
      if (await this.lookInto(id, lacking)) fresh.push(id)
      else if (!lacking.lost.includes(id)) lacking.lost.push(id)
    }
    // Of an archive that is not copied, nothing is on its way.
    if (lacking.lost.length === 0) {
      for (const id of fresh) this.settled.add(id)
      for (const pack of lacking.packs) this.planned.add(pack)
    }
    return lacking
  }

  /** A frame by the words of its id: of millions, only the first of each pack becomes text. */
  private lookAt(frame: Uint32Array, lacking: Lacking): void {
    if (this.copied.hasWords(frame, 0)) return
    const number = this.here.numberOfWords(frame, 0)
    const at = number === null ? null : this.here.packAt(number)
    if (at !== null && this.seen.has(at)) return
    const id = idText(frame, 0)
    this.look(id, lacking)
    if (at !== null && this.packOf(id) === this.here.packNames[at]) this.seen.add(at)
  }

  private look(id: FrameId, lacking: Lacking): void {
    if (this.copied.has(id)) return
    const pack = this.packOf(id)
    if (pack === null) lacking.lost.push(id)
    else if (!this.planned.has(pack) && lacking.packs.at(-1) !== pack && !lacking.packs.includes(pack)) {
      lacking.packs.push(pack)
      this.input.onNeeded?.(pack)
    }
  }

  /** The pack of the host that holds a frame, by its name on the copy. */
  private packOf(id: FrameId): string | null {
    for (const index of [this.here, this.trashed]) {
      const pack = index.get(id)?.pack.replace(/^trash\//, '')
      if (pack !== undefined && !this.input.unusable.has(pack)) return pack
    }
    return null
  }

  /** Looks at every frame that the lines of a section name; false when neither side can read it. */
  private async lookInto(section: FrameId, lacking: Lacking): Promise<boolean> {
    const { host, copy } = this.input
    for (const repository of this.copied.has(section) ? [copy, host] : [host, copy]) {
      try {
        visitFrames(await repository.readSectionBytes(section), (frame) => this.lookAt(frame, lacking))
        return true
      } catch (error) {
        if (!isDamage(error)) throw error
      }
    }
    return false
  }
}
