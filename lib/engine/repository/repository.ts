/**
 * A repository: frames in packs, manifests, marks, under one lease for writers. Invariants kept here:
 *
 * 1. Packs durable → manifest durable (the commit point) → everything derived. Nothing is overwritten.
 * 2. A listed archive is readable: before a manifest is published, the lease is checked and every pack it needs is seen to exist.
 * 3. A reader that misses a frame looks which packs came or went, then into the trash: a prune moves packs before it unlinks them.
 * 4. Every frame is checked against its id, every manifest against its end line.
 * 5. A forgotten archive keeps its manifest, in the trash, and everything that the manifest needs, until a prune takes both.
 */
import { randomBytes } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import { type ArchiveId, isArchiveId, type RepositoryId } from '#lib/base/ids.ts'
import { comparePaths } from '#lib/base/path-text.ts'
import { type Entry, type FrameId, parseEntryLine } from '../entry.ts'
import type { LaterOptions, Storage } from '../storage/storage.ts'
import { type Codec, codecOf } from './codec.ts'
import { decompressFrame, type RoomFor } from './frame.ts'
import type { FrameIndex, FrameLocation } from './frame-index.ts'
import { IndexedPacks } from './indexed-packs.ts'
import { addKeySlot, type ScryptCost, type SlotSecret } from './key-slots.ts'
import { acquireLease, type Lease, type LeaseOptions } from './lease.ts'
import { decodeManifest, encodeManifest, type Manifest, manifestName, trashedManifestName } from './manifest.ts'
import { type Mark, type MarkInput, readMarks, removeMarks, writeMark } from './mark.ts'
import type { PackKind } from './pack.ts'
import { PackReader } from './pack-reader.ts'
import { PackWriter } from './pack-writer.ts'
import { README_TEXT } from './readme-text.ts'
import { RECOVER_SCRIPT } from './recover-script.ts'
import { assertNotReplaced } from './replaced.ts'
import {
  damagedHead,
  encodeHead,
  HEAD_NAME,
  newHead,
  parseHead,
  type RepositoryHead,
  readHead,
  SEALED_HEAD_NAME,
} from './repository-head.ts'
import { SealedObjects } from './sealed-objects.ts'
import { KEY_BYTES, sealKeys } from './sealing.ts'

/** What export, restore, verify and cat read an archive through. */
export interface ArchiveReader {
  readonly manifest: Manifest
  readonly codec: Codec
  /** Entries in archive order; with `paths` only these and what lies below them. */
  entries(paths?: readonly string[]): AsyncIterable<Entry>
  /** Entries with exactly these paths, in archive order. Of a folder that takes one section, not all that lies below. */
  entriesAt(paths: readonly string[]): AsyncIterable<Entry>
  /** Looks for some frames at once, so that they can be read without the index of all. See `Repository.locate`. */
  locate(ids: readonly FrameId[]): Promise<void>
  /** Uncompressed bytes of a frame; null as long as nobody looked for it. */
  rawBytesOf(id: FrameId): Promise<number | null>
  /** A frame, not yet checked against its id (one zstd frame). It may lie at the front of `into`, which spares memory of its own. */
  stored(id: FrameId, into?: Buffer): Promise<{ bytes: Buffer; rawBytes: number }>
  /** A frame's segment, checked against its id. */
  frame(id: FrameId): Promise<Buffer>
}

/** What stands beside the head, so that data can be got out without Orchive. */
export const BESIDE_THE_HEAD: Readonly<Record<string, string>> = { 'README.txt': README_TEXT, 'recover.sh': RECOVER_SCRIPT }

/** What a new sealed repository is opened with, from the first moment. */
export interface SlotForMaster {
  secret: SlotSecret
  label: string
  /** What stretching a passphrase costs; left out = what is right today. */
  cost?: ScryptCost
}

/** Gives the master key of a sealed repository; throws what to do when nobody here has it. */
export type Unlock = (repository: { id: RepositoryId; storage: Storage }) => Promise<Uint8Array>

/** Makes a repository in an empty place; throws `repository_exists`. With slots it is a sealed one, and they open it. */
export async function initRepository(
  storage: Storage,
  createdAt: string,
  slots: readonly SlotForMaster[] = [],
  /** Runs when all but the head is durable: without that, there is no repository. */
  beforeHead: (repository: Repository) => Promise<void> | void = () => {},
): Promise<Repository> {
  for await (const { name } of storage.list('.')) {
    throw new AppError('repository_exists', {
      message: `${storage.location} is not empty (it holds ${name.replace(/^\.\//, '')}).`,
      hint: 'Choose an empty folder, or attach the repository that is there with `orchive repository attach`.',
    })
  }
  for (const [name, text] of Object.entries(BESIDE_THE_HEAD)) await storage.put(name, Buffer.from(text))
  const master = slots.length > 0 ? randomBytes(KEY_BYTES) : null
  const head = newHead(master ? 'sealed' : 'plain', createdAt, BESIDE_THE_HEAD)
  const bytes = encodeHead(head)
  const repository = new Repository(storage, head, master)
  if (master) {
    for (const slot of slots) await addKeySlot(storage, head.id, master, { ...slot, createdAt })
    await repository.objects.put(SEALED_HEAD_NAME, bytes)
  }
  await beforeHead(repository)
  await storage.put(HEAD_NAME, bytes)
  return repository
}

/**
 * Opens a repository; throws `repository_missing`, `repository_unknown_format` or `repository_damaged`, for a sealed one also `repository_sealed` and what
 * `unlock` throws.
 */
export async function openRepository(storage: Storage, unlock?: Unlock): Promise<Repository> {
  const head = parseHead(storage.location, await readHead(storage))
  if (head.objectCodec === 'plain') return new Repository(storage, head, null)
  if (!unlock) throw noKeyHere(storage.location)
  return new Repository(storage, head, await unlock({ id: head.id, storage }))
}

/** The failure of a sealed repository that this host has no key of. */
export function noKeyHere(location: string): AppError {
  return new AppError('repository_sealed', {
    message: `The repository at ${location} is encrypted, and this host has no key of it.`,
    hint: 'Give a passphrase, the recovery key or a key file of it (`orchive repository attach DIR`, with --key-file): then this host gets a key of its own.',
    context: { location },
  })
}

/** The lines of a section, or of whole lines of it. */
export const linesOf = (section: Buffer): string[] => (section.length === 0 ? [] : section.toString('utf8').slice(0, -1).split('\n'))

/** An open repository. Reads need no lease; writes do. */
export class Repository {
  /** The bytes as they are stored. */
  readonly storage: Storage
  /** Small objects (everything but packs) as they are meant: in a sealed repository what is put here is sealed, what is got was opened. */
  readonly objects: Storage
  readonly head: RepositoryHead
  readonly codec: Codec
  /** Reads frames out of packs. */
  readonly packReader: PackReader
  private readonly packs: IndexedPacks
  private readonly trash: IndexedPacks

  /** `master` is the key of a sealed repository. */
  constructor(storage: Storage, head: RepositoryHead, master: Uint8Array | null) {
    this.storage = storage
    this.objects = master ? new SealedObjects(storage, sealKeys(master, 'object')) : storage
    this.head = head
    this.codec = codecOf(master ? { kind: 'sealed', master } : { kind: 'plain' })
    this.packReader = new PackReader(this)
    this.packs = new IndexedPacks(this, 'packs/')
    this.trash = new IndexedPacks(this, 'trash/packs/')
  }

  get id(): RepositoryId {
    return this.head.id
  }

  /** The master key of a sealed repository; null for a plain one. */
  get master(): Uint8Array | null {
    return this.codec.seed.kind === 'sealed' ? this.codec.seed.master : null
  }

  /** The same repository at another place, such as a copy of it; throws `repository_damaged` when that is another one. */
  async openAt(storage: Storage): Promise<Repository> {
    const elsewhere = damagedHead(storage.location, `is of another repository than ${this.id}`)
    const repository = await openRepository(storage, async ({ id }) => {
      if (id !== this.id || this.master === null) throw elsewhere
      return this.master
    })
    // Also one that says it is in plain: whoever can write there may have put it in the place of ours.
    if (repository.id !== this.id || (repository.master === null) !== (this.master === null)) throw elsewhere
    return repository
  }

  /** All frames of all packs; read on first use. */
  index(): Promise<FrameIndex> {
    return this.packs.index()
  }

  /** All frames of packs that lie in the trash, as it is now. */
  trashIndex(): Promise<FrameIndex> {
    return this.trash.refresh()
  }

  /**
   * Looks for some frames at once, for who reads a few of very many: they are then read without the index of all. Those that are not met now are looked for by
   * who reads them.
   */
  locate(ids: readonly FrameId[]): Promise<void> {
    return this.packs.locate(ids)
  }

  /** Makes the next question read the indexes again; after packs were removed. */
  dropIndex(): void {
    this.packs.drop()
    this.trash.drop()
    this.packReader.drop()
  }

  /** A frame (one zstd frame), not yet checked against its id; throws `frame_missing`. See `ArchiveReader.stored`. */
  async stored(id: FrameId, into?: Buffer): Promise<{ bytes: Buffer; rawBytes: number }> {
    // A prune may have repacked it since the index was read, or moved its pack to the trash.
    const inIndex = async (read: Promise<FrameIndex>) => (await read).get(id)
    for (const find of [
      () => this.packs.known(id),
      () => inIndex(this.packs.index()),
      () => inIndex(this.packs.refresh()),
      () => inIndex(this.trash.refresh()),
    ]) {
      const location = await find()
      const bytes = location && (await this.readIfThere(location, into))
      if (bytes) return { bytes, rawBytes: location.rawBytes }
    }
    throw new AppError('frame_missing', {
      message: `Frame ${id} is in no pack of ${this.storage.location}.`,
      hint: 'Run `orchive verify --all` to see which archives are affected.',
    })
  }

  private async readIfThere(location: FrameLocation, into?: Buffer): Promise<Buffer | null> {
    try {
      return await this.packReader.frame(location, into)
    } catch (error) {
      if (error instanceof AppError && error.code === 'object_missing') return null
      throw error
    }
  }

  /** A frame's segment, checked against its id; throws `frame_missing` or `frame_damaged`. */
  async frame(id: FrameId): Promise<Buffer> {
    return this.checked(id, await this.stored(id))
  }

  private checked(id: FrameId, { bytes, rawBytes }: { bytes: Buffer; rawBytes: number }, roomFor?: RoomFor): Buffer {
    const raw = decompressFrame(bytes, rawBytes, roomFor)
    if (this.codec.frameId(raw) !== id) {
      throw new AppError('frame_damaged', {
        message: `Frame ${id} does not match its id.`,
        hint: 'Run `orchive verify --all` to see which archives are affected.',
      })
    }
    return raw
  }

  /** Ids of all archives, in no order. */
  async listArchives(): Promise<ArchiveId[]> {
    const ids: ArchiveId[] = []
    for await (const { name } of this.storage.list('manifests/')) {
      const id = /^manifests\/(.+)\.mft\.zst$/.exec(name)?.[1] ?? ''
      if (isArchiveId(id)) ids.push(id)
    }
    return ids
  }

  /** Ids of archives that were forgotten and are still there, in no order. */
  async listTrashed(): Promise<ArchiveId[]> {
    const ids: ArchiveId[] = []
    for await (const { name } of this.storage.list('trash/manifests/')) {
      const id = /^trash\/manifests\/(.+)\.mft\.zst$/.exec(name)?.[1] ?? ''
      if (isArchiveId(id)) ids.push(id)
    }
    return ids
  }

  /** One archive's manifest, also of a forgotten one; throws `archive_unknown` or `repository_damaged`. */
  async readManifest(id: ArchiveId): Promise<Manifest> {
    // Once more from the first: it may be taken back between the two looks.
    for (const name of [manifestName(id), trashedManifestName(id), manifestName(id)]) {
      try {
        return decodeManifest(id, await this.objects.get(name))
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'object_missing') throw error
      }
    }
    throw new AppError('archive_unknown', {
      message: `There is no archive ${id} in ${this.storage.location}.`,
      hint: 'See `orchive archives`.',
    })
  }

  /** A section's lines. */
  async readSection(id: FrameId): Promise<string[]> {
    return linesOf(await this.readSectionBytes(id))
  }

  /**
   * The same as it is stored: UTF-8, each line with its newline. `roomFor` may give a buffer that is used again, for who reads one section after
   * the other.
   */
  async readSectionBytes(id: FrameId, roomFor?: RoomFor): Promise<Buffer> {
    const location = await this.packs.findSection(id)
    const bytes = location && (await this.readIfThere(location))
    return bytes ? this.checked(id, { bytes, rawBytes: location.rawBytes }, roomFor) : this.frame(id)
  }

  /** An archive to read from. */
  async reader(id: ArchiveId): Promise<ArchiveReader> {
    return this.readerOf(await this.readManifest(id))
  }

  /** The same for a manifest already read. */
  readerOf(manifest: Manifest): ArchiveReader {
    return {
      manifest,
      codec: this.codec,
      entries: (paths) => this.entriesOf(manifest, paths),
      entriesAt: (paths) => this.entriesAt(manifest, paths),
      locate: (ids) => this.locate(ids),
      rawBytesOf: async (id) => (await this.packs.known(id))?.rawBytes ?? null,
      stored: (id, into) => this.stored(id, into),
      frame: (id) => this.frame(id),
    }
  }

  /** Entries of a manifest in archive order; with `paths` only these and what lies below, reading no section that cannot hold them. */
  entriesOf(manifest: Manifest, paths?: readonly string[]): AsyncGenerator<Entry> {
    if (!paths) return this.entriesIn(manifest.sections, null)
    const sections = manifest.sections.filter(({ firstPath }, i) =>
      paths.some((path) => maySectionHold(manifest, i, path) || firstPath.startsWith(`${path}/`)),
    )
    return this.entriesIn(sections, (at) => paths.some((path) => at === path || at.startsWith(`${path}/`)))
  }

  private entriesAt(manifest: Manifest, paths: readonly string[]): AsyncGenerator<Entry> {
    const wanted = new Set(paths)
    const sections = manifest.sections.filter((_, i) => paths.some((path) => maySectionHold(manifest, i, path)))
    return this.entriesIn(sections, (path) => wanted.has(path))
  }

  /** `isWanted` null = all of them, by sections read one after the other; otherwise the few sections are looked for at once. */
  private async *entriesIn(sections: Manifest['sections'], isWanted: ((path: string) => boolean) | null): AsyncGenerator<Entry> {
    if (isWanted) await this.locate(sections.map(({ id }) => id))
    for (const { id } of sections) {
      for (const line of await this.readSection(id)) {
        const entry = parseEntryLine(line)
        if (!isWanted || isWanted(entry.path)) yield entry
      }
    }
  }

  /** Marks of an archive, oldest first. */
  marksOf(id: ArchiveId): Promise<Mark[]> {
    return readMarks(this.objects, id)
  }

  /** Adds a mark; needs no lease, since marks never collide. */
  addMark(id: ArchiveId, mark: MarkInput): Promise<Mark> {
    return writeMark(this.objects, id, mark)
  }

  /** Takes all marks of an archive away; only for one that was never listed, or is not any more. */
  removeMarks(id: ArchiveId, options?: LaterOptions): Promise<void> {
    return removeMarks(this.objects, id, options)
  }

  /** Takes the writer's lease (throws `repository_replaced` where another one took over), removes what crashed writers left unfinished, and forgets an index read before: other writers may have moved packs since. */
  async lock(options: LeaseOptions): Promise<Lease> {
    // Leases are read by every writer, so they are not sealed: what a sealed repository is of does not stand in them.
    const purpose = this.master === null ? options.purpose : options.purpose.replace(/ of .*/, '')
    const lease = await acquireLease(this.storage, { ...options, purpose })
    try {
      await assertNotReplaced(this.objects)
      await this.storage.removeUnfinished()
      if (this.packs.isLoaded) await this.packs.refresh()
      return lease
    } catch (error) {
      await lease.release()
      throw error
    }
  }

  /** A writer for new frames. */
  async packWriter(kind: PackKind): Promise<PackWriter> {
    return new PackWriter(this, kind, await this.index())
  }

  /**
   * Publishes an archive: the commit point. Its frames must be durable. Checks the lease and that each pack `neededPacks` names is there, and reads
   * the manifest back before it counts.
   */
  async publish(manifest: Manifest, lease: Lease, neededPacks: Iterable<string>): Promise<void> {
    const stored = encodeManifest(manifest)
    decodeManifest(manifest.id, stored)
    for (const pack of new Set(neededPacks)) {
      if (!(await this.storage.stat(pack))) {
        throw new AppError('frame_missing', {
          message: `${pack} vanished while the archive was taken.`,
          hint: 'Nothing was listed. Run it again.',
        })
      }
    }
    await lease.assertHeld()
    try {
      await this.objects.put(manifestName(manifest.id), stored)
      decodeManifest(manifest.id, await this.objects.get(manifestName(manifest.id)))
      // Who stood still right before it was put may have been taken for dead, and a prune of the next writer did not see this archive.
      await lease.assertHeld()
    } catch (error) {
      // What could not be made durable, or cannot be read back, must not stay listed.
      await this.storage.remove(manifestName(manifest.id))
      throw error
    }
  }

  close(): void {
    this.storage.close()
  }
}

/** Whether a section can hold `path`, by where it and the next one begin. */
function maySectionHold({ sections }: Manifest, at: number, path: string): boolean {
  const next = sections[at + 1]?.firstPath
  return comparePaths(sections[at]!.firstPath, path) <= 0 && (next === undefined || comparePaths(next, path) > 0)
}
