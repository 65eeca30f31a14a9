/**
 * A repository: frames in packs, manifests, marks, under one lease for writers. Invariants kept here:
 *
 * 1. Packs durable → manifest durable (the commit point) → everything derived. Nothing is overwritten.
 * 2. A listed archive is readable: before a manifest is published, the lease is checked and every pack it needs is seen to exist.
 * 3. A reader that misses a frame looks which packs came or went, then into the trash: a prune moves packs before it unlinks them.
 * 4. Every frame is checked against its id, every manifest against its end line.
 * 5. A forgotten archive keeps its manifest, in the trash, and everything that the manifest needs, until a prune takes both.
 */
import { createHash } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import { type ArchiveId, isArchiveId, newRepositoryId, type RepositoryId } from '#lib/base/ids.ts'
import { comparePaths } from '#lib/base/path-text.ts'
import { checksWith } from '../checked-values.ts'
import { type Entry, type FrameId, parseEntryLine } from '../entry.ts'
import type { Storage } from '../storage/storage.ts'
import { LOOSE_MASK, MAX_CHUNK, MEAN_CHUNK, MIN_CHUNK, SMALL_LIMIT, STRICT_MASK } from './chunker.ts'
import { type Codec, plainCodec } from './codec.ts'
import { decompressFrame, type RoomFor } from './frame.ts'
import type { FrameIndex, FrameLocation } from './frame-index.ts'
import { IndexedPacks } from './indexed-packs.ts'
import { acquireLease, type Lease, type LeaseOptions } from './lease.ts'
import { decodeManifest, encodeManifest, type Manifest, manifestName, trashedManifestName } from './manifest.ts'
import { type Mark, type MarkInput, readMarks, removeMarks, writeMark } from './mark.ts'
import { type PackKind, PackWriter } from './pack.ts'
import { PackReader } from './pack-reader.ts'
import { README_TEXT } from './readme-text.ts'
import { RECOVER_SCRIPT } from './recover-script.ts'

const HEAD_NAME = 'repository.json'
const FORMAT_VERSION = 1

export interface RepositoryHead {
  format: 'orchive-repository'
  version: number
  id: RepositoryId
  createdAt: string
  idFunction: 'sha256'
  objectCodec: 'plain'
  chunker: { smallLimit: number; min: number; mean: number; max: number; strictMask: number; looseMask: number; gear: string }
  /** SHA-256 of the files that stand beside it. */
  files: Record<string, string>
}

/** What export, restore, verify and cat read an archive through. */
export interface ArchiveReader {
  readonly manifest: Manifest
  readonly codec: Codec
  /** Entries in archive order; with `paths` only these and what lies below them. */
  entries(paths?: readonly string[]): AsyncIterable<Entry>
  /** A frame, not yet checked against its id (one zstd frame). */
  stored(id: FrameId): Promise<{ bytes: Buffer; rawBytes: number }>
  /** A frame's segment, checked against its id. */
  frame(id: FrameId): Promise<Buffer>
}

/** What stands beside the head, so that data can be got out without Orchive. */
export const BESIDE_THE_HEAD: Readonly<Record<string, string>> = { 'README.txt': README_TEXT, 'recover.sh': RECOVER_SCRIPT }

/** Makes a repository in an empty place; throws `repository_exists`. */
export async function initRepository(storage: Storage, createdAt: string): Promise<Repository> {
  for await (const { name } of storage.list('.')) {
    throw new AppError('repository_exists', {
      message: `${storage.location} is not empty (it holds ${name.replace(/^\.\//, '')}).`,
      hint: 'Choose an empty folder, or attach the repository that is there with `orchive repository attach`.',
    })
  }
  for (const [name, text] of Object.entries(BESIDE_THE_HEAD)) await storage.put(name, Buffer.from(text))
  const head: RepositoryHead = {
    format: 'orchive-repository',
    version: FORMAT_VERSION,
    id: newRepositoryId(),
    createdAt,
    idFunction: 'sha256',
    objectCodec: 'plain',
    chunker: {
      smallLimit: SMALL_LIMIT,
      min: MIN_CHUNK,
      mean: MEAN_CHUNK,
      max: MAX_CHUNK,
      strictMask: STRICT_MASK >>> 0,
      looseMask: LOOSE_MASK >>> 0,
      gear: 'sha256 of "orchive gear " and the index',
    },
    files: Object.fromEntries(Object.entries(BESIDE_THE_HEAD).map(([name, text]) => [name, sha256(text)])),
  }
  const text = `${JSON.stringify(head, null, 2)}\n`
  await storage.put(HEAD_NAME, Buffer.from(`${text}${sha256(text)}\n`))
  return new Repository(storage, head)
}

/** Opens a repository; throws `repository_missing`, `repository_unknown_format` or `repository_damaged`. */
export async function openRepository(storage: Storage): Promise<Repository> {
  return new Repository(storage, parseHead(storage.location, await readHead(storage)))
}

async function readHead(storage: Storage): Promise<Buffer> {
  try {
    return await storage.get(HEAD_NAME)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'object_missing') throw error
    throw new AppError('repository_missing', {
      message: `There is no repository at ${storage.location}.`,
      hint: 'If its disk is not mounted, mount it. A new one is made with `orchive repository init DIR`.',
      cause: error,
    })
  }
}

function parseHead(location: string, bytes: Buffer): RepositoryHead {
  const damaged = (what: string) =>
    new AppError('repository_damaged', {
      message: `${location}/${HEAD_NAME} ${what}.`,
      hint: 'Restore this small file from a copy of the repository; packs and manifests are not affected.',
    })
  const text = bytes.toString('utf8')
  const end = text.lastIndexOf('\n', text.length - 2) + 1
  if (text.slice(end) !== `${sha256(text.slice(0, end))}\n`) throw damaged('does not match its own checksum')
  const head = jsonOrNull(text.slice(0, end)) as RepositoryHead | null
  if (head?.format !== 'orchive-repository') throw damaged('is not of a repository')
  if (head.version !== FORMAT_VERSION || head.idFunction !== 'sha256' || head.objectCodec !== 'plain') {
    throw new AppError('repository_unknown_format', {
      message: `The repository at ${location} has format ${head.version} (${head.idFunction}, ${head.objectCodec}); this Orchive knows ${FORMAT_VERSION} (sha256, plain).`,
      hint: 'Use the Orchive that wrote it, or a newer one.',
    })
  }
  const check = checksWith(damaged)
  check.matching(head.id, /^repo_[0-9a-f]{24}$/, 'id')
  check.moment(head.createdAt, 'createdAt')
  check.texts(head.files, 'files')
  return head
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** The lines of a section, or of whole lines of it. */
export const linesOf = (section: Buffer): string[] => (section.length === 0 ? [] : section.toString('utf8').slice(0, -1).split('\n'))

/** An open repository. Reads need no lease; writes do. */
export class Repository {
  readonly storage: Storage
  readonly head: RepositoryHead
  readonly codec: Codec
  /** Reads frames out of packs. */
  readonly packReader: PackReader
  private readonly packs: IndexedPacks
  private readonly trash: IndexedPacks

  constructor(storage: Storage, head: RepositoryHead, codec: Codec = plainCodec) {
    this.storage = storage
    this.head = head
    this.codec = codec
    this.packReader = new PackReader(this)
    this.packs = new IndexedPacks(this, 'packs/')
    this.trash = new IndexedPacks(this, 'trash/packs/')
  }

  get id(): RepositoryId {
    return this.head.id
  }

  /** All frames of all packs; read on first use. */
  index(): Promise<FrameIndex> {
    return this.packs.index()
  }

  /** All frames of packs that lie in the trash, as it is now. */
  trashIndex(): Promise<FrameIndex> {
    return this.trash.refresh()
  }

  /** Makes the next question read the indexes again; after packs were removed. */
  dropIndex(): void {
    this.packs.drop()
    this.trash.drop()
    this.packReader.drop()
  }

  /** A frame (one zstd frame), not yet checked against its id; throws `frame_missing`. */
  async stored(id: FrameId): Promise<{ bytes: Buffer; rawBytes: number }> {
    // A prune may have repacked it since the index was read, or moved its pack to the trash.
    for (const readIndex of [() => this.packs.index(), () => this.packs.refresh(), () => this.trash.refresh()]) {
      const location = (await readIndex()).get(id)
      const bytes = location && (await this.readIfThere(location))
      if (bytes) return { bytes, rawBytes: location.rawBytes }
    }
    throw new AppError('frame_missing', {
      message: `Frame ${id} is in no pack of ${this.storage.location}.`,
      hint: 'Run `orchive verify --all` to see which archives are affected.',
    })
  }

  private async readIfThere(location: FrameLocation): Promise<Buffer | null> {
    try {
      return await this.packReader.frame(location)
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
        return decodeManifest(id, await this.storage.get(name))
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
      stored: (id) => this.stored(id),
      frame: (id) => this.frame(id),
    }
  }

  /** Entries of a manifest in archive order; with `paths` only these and what lies below, reading no section that cannot hold them. */
  async *entriesOf(manifest: Manifest, paths?: readonly string[]): AsyncGenerator<Entry> {
    for (const [i, section] of manifest.sections.entries()) {
      const next = manifest.sections[i + 1]?.firstPath
      if (paths && !paths.some((path) => mayHold(section.firstPath, next, path))) continue
      for (const line of await this.readSection(section.id)) {
        const entry = parseEntryLine(line)
        if (!paths || paths.some((path) => entry.path === path || entry.path.startsWith(`${path}/`))) yield entry
      }
    }
  }

  /** Marks of an archive, oldest first. */
  marksOf(id: ArchiveId): Promise<Mark[]> {
    return readMarks(this.storage, id)
  }

  /** Adds a mark; needs no lease, since marks never collide. */
  addMark(id: ArchiveId, mark: MarkInput): Promise<Mark> {
    return writeMark(this.storage, id, mark)
  }

  /** Takes all marks of an archive away; only for one that was never listed. */
  removeMarks(id: ArchiveId): Promise<void> {
    return removeMarks(this.storage, id)
  }

  /** Takes the writer's lease, removes what crashed writers left unfinished, and forgets an index read before: other writers may have moved packs since. */
  async lock(options: LeaseOptions): Promise<Lease> {
    const lease = await acquireLease(this.storage, options)
    try {
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
      await this.storage.put(manifestName(manifest.id), stored)
      decodeManifest(manifest.id, await this.storage.get(manifestName(manifest.id)))
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

/** Whether a section from `first` up to (not including) `next` can hold `path` or something below it. */
function mayHold(first: string, next: string | undefined, path: string): boolean {
  if (next !== undefined && comparePaths(next, path) <= 0) return false
  return comparePaths(first, path) <= 0 || first.startsWith(`${path}/`)
}
