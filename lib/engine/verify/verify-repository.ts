/**
 * Looks at every object of a repository: nothing is trusted until it was checked (packs against their names, indexes re-derived, manifests
 * against their end lines, marks and the head against their own checksums), so that a single flipped bit anywhere is found.
 */
import { createHash } from 'node:crypto'
import { systemClock } from '#lib/base/clock.ts'
import { isAppError } from '#lib/base/errors.ts'
import { isArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { FrameId } from '../entry.ts'
import { decodeKeySlot } from '../repository/key-slots.ts'
import { decodeManifest } from '../repository/manifest.ts'
import { decodeMark } from '../repository/mark.ts'
import { indexNameOf } from '../repository/pack.ts'
import { parseIndex } from '../repository/pack-index.ts'
import type { Repository } from '../repository/repository.ts'
import { parseHead, readHead, SEALED_HEAD_NAME } from '../repository/repository-head.ts'
import { openObject, sealObject } from '../repository/seal.ts'
import { isSealedName } from '../repository/sealed-objects.ts'
import { decodeTrashNote } from '../repository/summed-line.ts'
import type { PackVerdict } from './check-pack.ts'
import { PackProver, type StoredObject } from './prove-packs.ts'
import { FindingList, type RepositoryVerdict, type VerifyProgress } from './verify-types.ts'

export interface VerifyRepositoryInput {
  repository: Repository
  signal?: AbortSignal | undefined
  onProgress?: ((progress: VerifyProgress) => void) | undefined
}

const SMALL_BYTES = 24 * 1024 * 1024
const FOLDERS = ['keys/', 'packs/', 'manifests/', 'marks/', 'trash/', 'system/'] as const

/** A console's database, named by when it was copied and the beginning of its SHA-256. */
const CONSOLE_COPY = /^system\/console\/[0-9a-f]{16}\/\d{8}T\d{9}Z-([0-9a-f]{16})\.db\.zst$/

/** What prunes note for the ones after them. */
const TRASH_NOTE = /^trash\/(moved\/[^/]+|numbers\/ser_[0-9a-f]{16}-\d+)\.json$/

/** Checks all objects; damage is told in findings, and the damaged frames in `health`. */
export async function verifyRepository(input: VerifyRepositoryInput): Promise<RepositoryVerdict> {
  return await new RepositoryCheck(input).run()
}

class RepositoryCheck {
  private readonly input: VerifyRepositoryInput
  private readonly findings = new FindingList()
  private readonly badFrames = new Map<FrameId, string>()
  private readonly damaged = new Set<string>()
  /** Objects that decode well but are not stored the way this version would store them. */
  private readonly uncanonical: string[] = []
  private canonical = 0
  private framesRead = 0
  private bytesRead = 0
  private objectsDone = 0
  private objectsTotal = 0
  private bytesTotal = 0

  constructor(input: VerifyRepositoryInput) {
    this.input = input
  }

  async run(): Promise<RepositoryVerdict> {
    const startedMs = systemClock.monotonicMs()
    await this.checkHead()
    const objects = await this.list()
    const packs = objects.filter(({ name }) => name.endsWith('.pack'))
    const indexes = new Set(objects.flatMap(({ name }) => (name.endsWith('.idx.zst') ? [name] : [])))
    await this.checkPacks(packs, indexes)
    for (const object of objects) {
      throwIfCancelled(this.input.signal)
      if (object.name.endsWith('.pack')) continue
      await this.checkSmall(object)
      this.tell(object)
    }
    for (const name of indexes) this.findings.add('warning', 'index_orphan', name, `${name} belongs to no pack.`)
    this.judgeUncanonical()
    return {
      findings: this.findings.finish(),
      framesRead: this.framesRead,
      bytesRead: this.bytesRead,
      durationMs: Math.round(systemClock.monotonicMs() - startedMs),
      health: { badFrames: this.badFrames, damaged: this.damaged, soundSections: new Map() },
    }
  }

  private async checkHead(): Promise<void> {
    const { repository } = this.input
    const { storage } = repository
    try {
      const bytes = await readHead(storage)
      const head = parseHead(storage.location, bytes)
      await this.proveHead(bytes)
      for (const [name, sha256] of Object.entries(head.files)) {
        const bytes = await this.read(name)
        if (bytes && sha256Of(bytes) !== sha256) this.bad(name, 'does not have the checksum that repository.json names')
      }
    } catch (error) {
      this.caught('repository.json', error)
    }
  }

  /** The head of a sealed repository says what its sealed copy says. */
  private async proveHead(bytes: Buffer): Promise<void> {
    const { repository } = this.input
    if (repository.master === null) return
    try {
      if (!(await repository.objects.get(SEALED_HEAD_NAME)).equals(bytes)) this.bad('repository.json', 'is not the one that was written')
    } catch (error) {
      this.caught(SEALED_HEAD_NAME, error)
    }
  }

  private async list(): Promise<StoredObject[]> {
    const objects: StoredObject[] = []
    for (const folder of FOLDERS) for await (const object of this.input.repository.storage.list(folder)) objects.push(object)
    objects.sort((a, b) => (a.name < b.name ? -1 : 1))
    this.objectsTotal = objects.length
    this.bytesTotal = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    return objects
  }

  private async checkPacks(packs: StoredObject[], indexes: Set<string>): Promise<void> {
    const bytes = packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const prover = new PackProver({
      repository: this.input.repository,
      isSmall: bytes < SMALL_BYTES,
      signal: this.input.signal,
      onVerdict: (pack, verdict) => this.judgePack(pack, verdict),
      onUnreadable: (pack, error) => this.caught(pack.name, error),
    })
    try {
      for (const pack of packs) {
        const indexName = indexNameOf(pack.name)
        const hasIndex = indexes.delete(indexName)
        const indexed = hasIndex ? await this.indexOf(indexName) : null
        if (!hasIndex) {
          this.damaged.add(indexName)
          this.findings.add('warning', 'index_missing', indexName, `${pack.name} has no index; it is read whole instead.`)
        }
        await prover.add(pack, indexed)
      }
      await prover.finish()
    } finally {
      await prover.close()
    }
  }

  private async indexOf(name: string) {
    try {
      const stored = await this.input.repository.objects.get(name)
      const { frames } = parseIndex(name, stored)
      this.compareSealed(name, stored)
      return frames
    } catch (error) {
      this.caught(name, error)
      return null
    }
  }

  private judgePack(pack: StoredObject, verdict: PackVerdict): void {
    this.framesRead += verdict.frames
    this.bytesRead += verdict.bytes
    const lost = verdict.bad.length
    if (!verdict.isNameRight)
      this.bad(
        pack.name,
        lost === 0
          ? 'does not match its name, though every frame in it is whole'
          : `is damaged: ${lost} of its ${verdict.frames} frames are lost`,
      )
    else if (verdict.indexDiffers !== null) this.bad(indexNameOf(pack.name), verdict.indexDiffers)
    for (const { id, why } of verdict.bad) this.badFrames.set(id, why)
    this.tell(pack)
  }

  private async checkSmall({ name }: StoredObject): Promise<void> {
    if (name.endsWith('.idx.zst')) return
    const stored = await this.read(name)
    if (stored === null) return
    try {
      const id = /(?:^|\/)(arc_[0-9a-f]{24})\.mft\.zst$/.exec(name)?.[1] ?? ''
      if (isArchiveId(id)) {
        const manifest = decodeManifest(id, stored)
        this.compareSealed(name, stored)
        await this.checkSections(name, manifest.sections)
      } else if (/^(trash\/)?marks\/arc_[0-9a-f]{24}\/\d{6}-[a-z]+\.json$/.test(name)) decodeMark(name, stored)
      else if (TRASH_NOTE.test(name)) this.checkNote(name, stored)
      else if (CONSOLE_COPY.test(name)) this.checkCopy(name, stored)
      else if (name.startsWith('keys/') && name !== SEALED_HEAD_NAME) decodeKeySlot(name, stored)
      else if (!name.startsWith('system/') && name !== SEALED_HEAD_NAME)
        this.findings.add('warning', 'object_unknown', name, `${name} is no object of a repository.`)
    } catch (error) {
      this.caught(name, error)
    }
  }

  private checkCopy(name: string, stored: Buffer): void {
    const sum = CONSOLE_COPY.exec(name)![1]!
    if (sha256Of(openObject(stored)).startsWith(sum)) this.compareSealed(name, stored)
    else this.bad(name, 'does not hold what its name says')
  }

  private checkNote(name: string, stored: Buffer): void {
    if (decodeTrashNote(stored) !== undefined) return
    this.damaged.add(name)
    this.findings.add('warning', 'repository_damaged', name, `${name} cannot be read; it only says since when packs lie in the trash.`)
  }

  private async checkSections(name: string, sections: { id: FrameId; firstPath: string }[]): Promise<void> {
    const index = await this.input.repository.index()
    const lost = sections.filter(({ id }) => this.badFrames.has(id) || !index.has(id))
    if (lost.length === 0) return
    const message = `${name} needs ${lost.length} sections that are lost, the one at ${lost[0]!.firstPath} first.`
    this.findings.add('error', 'repository_damaged', name, message)
  }

  /** zstd leaves bits unread; that an object is stored just as it would be written catches a flip in those too. */
  private compareSealed(name: string, stored: Buffer): void {
    if (sealObject(openObject(stored)).equals(stored)) this.canonical++
    else this.uncanonical.push(name)
  }

  /** Another zstd version writes other bytes: then all differ, and that says nothing about damage. */
  private judgeUncanonical(): void {
    const { uncanonical, canonical } = this
    if (uncanonical.length === 0) return
    if (uncanonical.length > canonical) {
      const message = `${uncanonical.length} objects were compressed by another version of zstd; their content was checked, their unused bits could not be.`
      this.findings.add('info', 'objects_recompressed', null, message)
    } else for (const name of uncanonical) this.bad(name, 'has changed bits that its content does not show')
  }

  private async read(name: string): Promise<Buffer | null> {
    try {
      const { repository } = this.input
      const bytes = await repository.objects.get(name)
      if (!name.endsWith('.pack')) this.bytesRead += bytes.length + (isSealed(repository, name) ? repository.codec.objectExtraBytes : 0)
      return bytes
    } catch (error) {
      this.caught(name, error)
      return null
    }
  }

  private caught(name: string, error: unknown): void {
    if (!isAppError(error) || error.code === 'cancelled') throw error
    this.damaged.add(name)
    this.findings.add('error', error.code, name, error.message)
  }

  private bad(name: string, what: string): void {
    this.damaged.add(name)
    this.findings.add('error', 'repository_damaged', name, `${name} ${what}.`)
  }

  private tell(object: StoredObject): void {
    this.objectsDone++
    this.input.onProgress?.({
      phase: 'repository',
      filesDone: this.objectsDone,
      filesTotal: this.objectsTotal,
      bytesDone: Math.min(this.bytesRead, this.bytesTotal),
      bytesTotal: this.bytesTotal,
      currentPath: object.name,
    })
  }
}

const isSealed = ({ master }: Repository, name: string) => master !== null && isSealedName(name)

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
