/**
 * Healing: what is damaged or missing in a repository is found again where it can be, and what is damaged is set aside, not deleted. Invariants kept here:
 *
 * 1. Whatever is taken, from wherever, is checked against its id or its own checksum first.
 * 2. Found frames are durable in new packs before a damaged pack leaves `packs/`; a kill in between leaves the frames twice, and the damage to be found again.
 * 3. Damaged packs and objects go to `damaged/`, which nothing reads but the next healing: a disk that gives the right bytes again gives them back.
 * 4. What cannot be found is missing instead of damaged from then on, so that a backup which meets the content stores it anew.
 * 5. A manifest that was gone is listed again only when all that it needs is there.
 */
import type { Clock } from '#lib/base/clock.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { FrameId } from '../entry.ts'
import { settlePacks } from '../prune/move-pack.ts'
import { settleTrash } from '../prune/trash.ts'
import { FrameIndex } from '../repository/frame-index.ts'
import type { Lease } from '../repository/lease.ts'
import { decodeManifest, type Manifest, manifestName, trashedManifestName } from '../repository/manifest.ts'
import { packOfIndex } from '../repository/pack.ts'
import { PackWriter } from '../repository/pack-writer.ts'
import type { Repository } from '../repository/repository.ts'
import { underLease } from '../repository/under-lease.ts'
import type { Storage } from '../storage/storage.ts'
import { verifyRepository } from '../verify/verify-repository.ts'
import type { VerifyProgress } from '../verify/verify-types.ts'
import { remakeIndex, wholeCopy } from './heal-objects.ts'
import { type AffectedArchive, LostFrames, lostSections } from './lost-frames.ts'
import { RESCUE_SOURCES, Rescue, type RescueSource } from './rescue.ts'
import { fromDamagedPacks, fromEntries, fromLiveFiles, fromRepository } from './rescue-sources.ts'
import { listSetAside, SetAside } from './set-aside.ts'
import { SoundFrames } from './sound-frames.ts'

export interface HealProgress {
  phase: VerifyProgress['phase'] | 'reading archives' | 'looking for what is lost'
  filesDone: number
  filesTotal: number | null
  bytesDone: number
  bytesTotal: number | null
  currentPath: string | null
}

export interface HealInput {
  repository: Repository
  /** Other repositories that may have what is lost; only read. */
  others: readonly Repository[]
  /** Archives that the catalog knows: a manifest of one that is gone is looked for in the others. */
  expected: readonly ArchiveId[]
  /** Looks and tells; takes no lease and changes nothing. */
  isDryRun: boolean
  clock: Clock
  waitMs: number
  signal?: AbortSignal | undefined
  onProgress?: ((progress: HealProgress) => void) | undefined
}

/** What a healing did, or would do. */
export interface HealFigures {
  /** Objects that were damaged or gone, by name. */
  damaged: string[]
  /** Of these, what was put right under its own name. */
  putRight: string[]
  /** Of these, what was moved to `damaged/`. */
  setAside: string[]
  /** Frames that archives need and no whole pack had. */
  lostFrames: number
  found: Record<RescueSource, number>
  /** What nobody has. */
  stillLost: number
  /** Archives with entries that cannot be given back, newest first. */
  affected: AffectedArchive[]
  /** Archives whose manifest nobody has. */
  unreadable: ArchiveId[]
}

/** Heals a repository. Safe to kill at any moment, and to run again. Throws `repository_locked`, `lease_lost`, `repository_full`, `cancelled`. */
export async function healRepository(input: HealInput): Promise<HealFigures> {
  if (input.isDryRun) return await new Healing(input, null).run()
  const { repository, clock, signal } = input
  return underLease(repository, { purpose: 'healing of the repository', clock, signal, waitMs: input.waitMs }, (lease) =>
    new Healing(input, lease).run().finally(() => repository.dropIndex()),
  )
}

class Healing {
  private readonly input: HealInput
  private readonly lease: Lease | null
  private readonly repository: Repository
  private readonly writers: PackWriter[] = []
  private readonly putRight: string[] = []

  constructor(input: HealInput, lease: Lease | null) {
    this.input = input
    this.lease = lease
    this.repository = input.repository
  }

  async run(): Promise<HealFigures> {
    const { repository, clock, signal } = this.input
    const { storage } = repository
    if (this.lease) await settlePacks(repository)
    const { health } = await verifyRepository({ repository, signal, onProgress: (progress) => this.input.onProgress?.(progress) })
    const packs = new Set([...health.damaged].filter((name) => name.endsWith('.pack')))
    const { manifests, copies, unreadable } = await this.readManifests()
    const aside = new SetAside(storage, packs, clock.realNowMs())
    try {
      const figures = await this.rescue(await SoundFrames.load(repository, packs), { packs, manifests, target: aside.makingWay() })
      if (this.lease) await this.publish(packs, aside)
      await this.healObjects({ damaged: health.damaged, packs, copies, affected: figures.affected }, aside)
      const damaged = [...new Set([...health.damaged, ...copies.keys()])].sort()
      return { ...figures, damaged, putRight: this.putRight, setAside: aside.names, unreadable }
    } catch (error) {
      for (const writer of this.writers) await writer.abort()
      throw error
    }
  }

  /** The manifests of all archives, newest first; for one that cannot be read, or is gone, a whole copy by its name. */
  private async readManifests() {
    const { repository, others, expected, signal } = this.input
    const [listed, trashed] = [await repository.listArchives(), await repository.listTrashed()]
    const here = new Set([...listed, ...trashed])
    const names = new Map<ArchiveId, string>(trashed.map((id) => [id, trashedManifestName(id)]))
    for (const id of [...listed, ...expected]) if (!names.has(id)) names.set(id, manifestName(id))
    const manifests: Manifest[] = []
    const copies = new Map<string, Buffer>()
    const unreadable: ArchiveId[] = []
    for (const [id, name] of names) {
      throwIfCancelled(signal)
      const own = here.has(id) ? await repository.readManifest(id).catch(nullIfOurs) : null
      const copy = own === null ? await wholeCopy(repository, name, others) : null
      if (copy !== null) copies.set(name, copy)
      const manifest = own ?? (copy && decodeManifest(id, copy))
      if (manifest) manifests.push(manifest)
      else unreadable.push(id)
    }
    manifests.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    return { manifests, copies, unreadable }
  }

  /** Looks for what is lost, sections first: they say what else is. */
  private async rescue(sound: SoundFrames, where: { packs: ReadonlySet<string>; manifests: readonly Manifest[]; target: Storage }) {
    const { signal, others, repository } = this.input
    const earlier = (await listSetAside(repository.storage)).filter((name) => name.endsWith('.pack'))
    const damagedPacks = [...where.packs, ...earlier]
    const sections = this.newRescue(lostSections(where.manifests, sound), 'meta', where.target)
    await fromDamagedPacks(repository, damagedPacks, sections, signal)
    for (const other of others) await fromRepository(other, sections, signal)
    const lost = await LostFrames.look(where.manifests, sound, sections.contents!, {
      signal,
      onArchive: (done, total, id) => this.tell('reading archives', done, total, id),
    })
    const frames = this.newRescue(lost.ids, 'data', where.target)
    this.tell('looking for what is lost', 0, lost.ids.size, null)
    await fromDamagedPacks(repository, damagedPacks, frames, signal)
    await fromEntries(lost.entries(), frames)
    for (const other of others) await fromRepository(other, frames, signal)
    await fromLiveFiles(lost.liveFiles(), frames, signal)
    const found = { ...sections.found }
    for (const source of RESCUE_SOURCES) found[source] += frames.found[source]
    const stillLost = sections.wanted.size + frames.wanted.size
    const lostFrames = stillLost + Object.values(found).reduce((sum, count) => sum + count, 0)
    return { lostFrames, found, stillLost, affected: lost.affected(frames.wanted) }
  }

  private newRescue(wanted: ReadonlySet<FrameId>, kind: 'meta' | 'data', target: Storage): Rescue {
    // Not the repository's own index: that one still names what is damaged.
    const writer = this.lease
      ? new PackWriter({ storage: target, objects: this.repository.objects, codec: this.repository.codec }, kind, new FrameIndex())
      : null
    if (writer) this.writers.push(writer)
    return new Rescue(this.repository.codec, wanted, writer, { contents: kind === 'meta' })
  }

  /** Makes what was found durable, then sets the damaged packs aside. */
  private async publish(packs: ReadonlySet<string>, aside: SetAside): Promise<void> {
    await this.lease!.assertHeld()
    for (const writer of this.writers) await writer.finish()
    const written = new Set(this.writers.flatMap((writer) => writer.packs))
    for (const pack of packs) {
      await this.lease!.assertHeld()
      if (!written.has(pack)) await aside.pack(pack)
    }
  }

  /** Puts small objects right, last of all the manifests that were gone. */
  private async healObjects(
    state: {
      damaged: ReadonlySet<string>
      packs: ReadonlySet<string>
      copies: ReadonlyMap<string, Buffer>
      affected: readonly AffectedArchive[]
    },
    aside: SetAside,
  ): Promise<void> {
    const { objects } = this.repository
    for (const name of state.damaged) {
      if (state.packs.has(name)) continue
      await this.lease?.assertHeld()
      if (name.endsWith('.idx.zst')) await this.healIndex(name, state.packs, aside)
      else await this.replace(name, state.copies.get(name) ?? (await wholeCopy(this.repository, name, this.input.others)), aside)
    }
    const incomplete = new Set(state.affected.map(({ archiveId }) => archiveId))
    for (const [name, bytes] of state.copies) {
      if (state.damaged.has(name) || [...incomplete].some((id) => name === manifestName(id))) continue
      await this.lease?.assertHeld()
      if (this.lease) await objects.put(name, bytes)
      this.putRight.push(name)
    }
    // Its marks say whether it was forgotten.
    if (this.lease) await settleTrash(this.repository)
  }

  private async healIndex(index: string, packs: ReadonlySet<string>, aside: SetAside): Promise<void> {
    const pack = packOfIndex(index)
    // Of a pack that was set aside, it went with it.
    if (packs.has(pack) || !(await this.repository.storage.stat(pack))) return
    if (this.lease) {
      await aside.keepCopy(index)
      if (!(await remakeIndex(this.repository, index))) return
    }
    this.putRight.push(index)
  }

  private async replace(name: string, bytes: Buffer | null, aside: SetAside): Promise<void> {
    if (bytes === null) return
    if (this.lease) {
      await aside.keepCopy(name)
      await this.repository.objects.replace(name, bytes)
    }
    this.putRight.push(name)
  }

  private tell(phase: HealProgress['phase'], filesDone: number, filesTotal: number | null, currentPath: string | null): void {
    this.input.onProgress?.({ phase, filesDone, filesTotal, bytesDone: 0, bytesTotal: null, currentPath })
  }
}

function nullIfOurs(error: unknown): null {
  if (isAppError(error)) return null
  throw error
}
