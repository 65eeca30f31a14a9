/**
 * A repository's objects in a bucket. Names are keys below the prefix of the target. An object is one PUT with Content-MD5: it is there whole or not at
 * all, and durable when the store acknowledges it, so there are no unfinished objects. `put` looks first and then sends `If-None-Match: *`: atomic
 * where the store heeds it; buckets with versions may not, and of two writers at once the later one is seen then, the earlier kept as a version. Objects
 * are immutable and named by content or at random, so both are the same. A lease needs more: `replace` is atomic, but the last writer wins, so
 * leases belong elsewhere (docs/adr/0135-objects-in-a-bucket.md). `move` copies, then removes: a crash in between leaves both.
 */
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import { AppError, isAppError } from '#lib/base/errors.ts'
import { isHeld, type ObjectBody, type ObjectSource, sizeOfBody } from '../object-source.ts'
import type { ObjectInfo, ObjectWriter, Storage, StorageTraits } from '../storage.ts'
import { assertObjectName, isObjectName, objectExists } from '../storage-errors.ts'
import type { S3Connection } from './connection.ts'
import { listVersions, traitsOf, versioningOf } from './s3-bucket.ts'
import { objectMissing } from './s3-errors.ts'
import { S3Immutability } from './s3-immutability.ts'
import { md5Of, sendSource } from './sent-source.ts'
import { SummingThread } from './summing-thread.ts'

/** No object is larger by much; its time to arrive is reckoned on it. */
const PACK_BYTES = 72_000_000

/** Less is summed up sooner than a thread is asked. */
const LARGE_BYTES = 4_000_000

/** What a store holds bytes against. */
interface Sums {
  /** In Base64. */
  md5: string
  /** In hex. */
  sha256: string
}

export class S3Storage implements Storage {
  readonly location: string
  /** By `Content-MD5`. */
  readonly checksWrites = true
  readonly immutability?: S3Immutability
  private readonly connection: S3Connection
  private versioning: Promise<StorageTraits['versioning']> | null = null
  /** False once the store has said that it does not know `If-None-Match`. */
  private isConditional = true
  /** The sums of the sources that came before. */
  private looking: Promise<unknown> = Promise.resolve()
  /** Sums that are there, or on their way, before the put that needs them. */
  private readonly ahead = new WeakMap<ObjectSource, Promise<Sums>>()
  private readonly summing: SummingThread

  private readonly pageKeys: number | undefined

  /** `pageKeys`: so many names in an answer to a listing; the store's own limit otherwise. Closes what sums up its files. */
  constructor(connection: S3Connection, { pageKeys, summing = new SummingThread() }: { pageKeys?: number; summing?: SummingThread } = {}) {
    this.connection = connection
    this.summing = summing
    this.pageKeys = pageKeys
    this.location = connection.location
    const { objectLock } = connection.target
    if (objectLock !== null) this.immutability = new S3Immutability(connection, this, objectLock)
  }

  private at(name: string): { Bucket: string; Key: string } {
    assertObjectName(name)
    return { Bucket: this.connection.target.bucket, Key: this.connection.keyOf(name) }
  }

  put(name: string, body: ObjectBody, sha256?: string): Promise<void> {
    return this.putNew(name, body, sha256, {})
  }

  /** Puts an object that is not there yet, with further headers. */
  async putNew(name: string, body: ObjectBody, sha256: string | undefined, headers: Partial<PutObjectCommandInput>): Promise<void> {
    if (await this.stat(name)) throw objectExists(name)
    try {
      await this.upload(name, body, { ...headers, ...(this.isConditional ? { IfNoneMatch: '*' } : {}) }, sha256)
    } catch (error) {
      if (!this.isConditional || !isNotImplemented(error)) throw error
      this.isConditional = false
      await this.upload(name, body, headers, sha256)
    }
  }

  /** One PUT that the store checks by its MD5. It is signed with its SHA-256, which is reckoned where nobody knows it. */
  async upload(name: string, body: ObjectBody, headers: Partial<PutObjectCommandInput>, sha256?: string): Promise<void> {
    const sums = await this.sumsOf(body, sha256)
    const sizeBytes = sizeOfBody(body)
    const send = (sent: Uint8Array | Readable, ended?: AbortSignal) => {
      const command = this.putCommand(name, sent, sums, { ...headers, ContentLength: sizeBytes })
      return this.connection.request(name, sizeBytes, (client, options) => client.send(command, options), ended)
    }
    const { ETag } = isHeld(body) ? await send(body) : await sendSource(body, send)
    this.connection.assertStore(ETag, name)
  }

  private async sumsOf(body: ObjectBody, sha256?: string): Promise<Sums> {
    if (isHeld(body)) return { md5: createHash('md5').update(body).digest('base64'), sha256: sha256 ?? sha256Of(body) }
    const ahead = this.ahead.get(body)
    // Once: whoever puts it again because the store refused it has to look again.
    this.ahead.delete(body)
    return await (ahead ?? this.look(body))
  }

  async lookAhead(source: ObjectSource): Promise<void> {
    const sums = this.look(source)
    this.ahead.set(source, sums)
    await sums
  }

  /** One source after the other: were several looked at together, none would be on its way before all are done. */
  private async look(source: ObjectSource): Promise<Sums> {
    const looked = this.looking.then(() => this.md5Of(source))
    this.looking = looked.catch(() => {})
    return { md5: await looked, sha256: source.sha256 }
  }

  private async md5Of(source: ObjectSource): Promise<string> {
    const file = source.sizeBytes < LARGE_BYTES ? null : (source.file?.() ?? null)
    const sums = file === null ? null : await this.summing.sumsOf(file)
    // Not there any more, or not what it should be: what that means, the source itself says best.
    return sums?.sha256 === source.sha256 ? sums.md5 : await md5Of(source)
  }

  private putCommand(name: string, body: Uint8Array | Readable, { md5, sha256 }: Sums, headers: Partial<PutObjectCommandInput>) {
    const command = new this.connection.sdk.PutObjectCommand({
      ...this.at(name),
      Body: body,
      ContentType: 'application/octet-stream',
      // The one sum that every store holds the bytes against; what a request is signed with should be, too.
      ContentMD5: md5,
      ...headers,
    })
    // The library would reckon it once more.
    command.middlewareStack.add(
      (next) => (args) => {
        const { headers: sent } = args.request as { headers: Record<string, string> }
        sent['x-amz-content-sha256'] = sha256
        return next(args)
      },
      { step: 'build', name: 'orchiveContentSha256' },
    )
    return command
  }

  replace(name: string, bytes: Uint8Array): Promise<void> {
    return this.upload(name, bytes, {})
  }

  async create(): Promise<ObjectWriter> {
    return new S3Writer(this)
  }

  async get(name: string): Promise<Buffer> {
    assertObjectName(name)
    try {
      return await this.connection.download(name, PACK_BYTES)
    } catch (error) {
      throw await this.missingInstead(name, error)
    }
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    assertObjectName(name)
    if (length === 0) return Buffer.alloc(0)
    try {
      return await this.connection.download(name, length, { range: `bytes=${offset}-${offset + length - 1}` })
    } catch (error) {
      // What begins at the end of an object or behind it is empty.
      if (isAppError(error) && error.context['status'] === 416) return Buffer.alloc(0)
      throw await this.missingInstead(name, error)
    }
  }

  /** Who may list only below a prefix is told 403 of an object that is not there. */
  private async missingInstead(name: string, error: unknown): Promise<unknown> {
    if (!isForbidden(error)) return error
    const isThere = await this.statByListing(name).catch(() => true)
    return isThere ? error : objectMissing(this.location, name, error)
  }

  async stat(name: string): Promise<ObjectInfo | null> {
    const command = new this.connection.sdk.HeadObjectCommand(this.at(name))
    try {
      const head = await this.connection.request(name, 0, (client, options) => client.send(command, options))
      this.connection.assertStore(head.ETag, name)
      return { sizeBytes: head.ContentLength ?? 0, mtimeMs: head.LastModified?.getTime() ?? 0 }
    } catch (error) {
      if (isAppError(error) && error.code === 'object_missing') return null
      if (!isForbidden(error)) throw error
      return this.statByListing(name).catch(() => {
        throw error
      })
    }
  }

  private async statByListing(name: string): Promise<ObjectInfo | null> {
    const { Bucket, Key } = this.at(name)
    const command = new this.connection.sdk.ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 })
    const page = await this.connection.request(name, 0, (client, options) => client.send(command, options))
    this.connection.assertStore(page.Name, name)
    const found = page.Contents?.find((object) => object.Key === Key)
    return found ? { sizeBytes: found.Size ?? 0, mtimeMs: found.LastModified?.getTime() ?? 0 } : null
  }

  async *list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number }> {
    const under = this.connection.keyOf(folderOf(prefix))
    let token: string | undefined
    do {
      const command = new this.connection.sdk.ListObjectsV2Command({
        Bucket: this.connection.target.bucket,
        Prefix: under,
        ContinuationToken: token,
        MaxKeys: this.pageKeys,
      })
      const page = await this.connection.request(null, 0, (client, options) => client.send(command, options))
      this.connection.assertStore(page.Name, null)
      for (const { Key, Size } of page.Contents ?? []) {
        const name = this.connection.nameOf(Key ?? '')
        // Web consoles make "folders": empty objects whose keys end with a slash.
        if (isObjectName(name)) yield { name, sizeBytes: Size ?? 0 }
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  }

  async move(from: string, to: string): Promise<void> {
    const source = this.at(from)
    const target = this.at(to)
    if (await this.stat(to)) throw objectExists(to)
    const command = new this.connection.sdk.CopyObjectCommand({ ...target, CopySource: copySource(source) })
    await this.connection.request(from, 0, (client, options) => client.send(command, options))
    await this.remove(from)
  }

  /** With all its versions: what only hides is no removal, and would look like somebody else's attempt. */
  async remove(name: string): Promise<void> {
    const at = this.at(name)
    this.versioning ??= versioningOf(this.connection)
    const versioning = this.immutability ? 'on' : await this.versioning
    if (versioning === 'off' || versioning === null) return this.removeVersion(name, at)
    for (const { versionId } of await listVersions(this.connection, name)) await this.removeVersion(name, { ...at, VersionId: versionId })
  }

  private async removeVersion(name: string, which: { Bucket: string; Key: string; VersionId?: string }): Promise<void> {
    const command = new this.connection.sdk.DeleteObjectCommand(which)
    try {
      await this.connection.request(name, 0, (client, options) => client.send(command, options))
    } catch (error) {
      if (isAppError(error) && error.code === 'object_missing') return
      throw (await this.lockedInstead(name, error)) ?? error
    }
  }

  /** A lock and a missing right are refused alike; the lock is the reason where there is one. */
  private async lockedInstead(name: string, error: unknown): Promise<AppError | null> {
    if (!isAppError(error) || error.code !== 'storage_refused' || !this.immutability) return null
    const lock = await this.immutability.lockOf(name).catch(() => null)
    if (lock === null) return null
    return new AppError('object_locked', {
      message: `${this.location}: the object ${name} is locked until ${new Date(lock.untilMs).toISOString()} and cannot be removed.`,
      hint: 'That is what the lock is for. It can be removed afterwards.',
      context: { object: name, ...lock },
      cause: error,
    })
  }

  /** What other programs began and never ended in this prefix: parts that cost money and are not listed. We make none. */
  async removeUnfinished(): Promise<number> {
    const { sdk, target } = this.connection
    let removed = 0
    const list = new sdk.ListMultipartUploadsCommand({ Bucket: target.bucket, Prefix: this.connection.keyOf('') })
    const { Uploads } = await this.connection.request(null, 0, (client, options) => client.send(list, options))
    for (const { Key, UploadId } of Uploads ?? []) {
      const abort = new sdk.AbortMultipartUploadCommand({ Bucket: target.bucket, Key, UploadId })
      await this.connection.request(null, 0, (client, options) => client.send(abort, options))
      removed++
    }
    return removed
  }

  /** Buckets do not tell. */
  async freeBytes(): Promise<null> {
    return null
  }

  traits(existing: string): Promise<StorageTraits> {
    return traitsOf(this.connection, existing)
  }

  close(): void {
    this.summing.close()
    this.connection.close()
  }
}

/** The prefix of a listing with its slash; '' for everything. */
export function folderOf(prefix: string): string {
  const folder = prefix.replace(/\/$/, '')
  if (folder === '.') return ''
  assertObjectName(folder)
  return `${folder}/`
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const copySource = ({ Bucket, Key }: { Bucket: string; Key: string }) => [Bucket, ...Key.split('/')].map(encodeURIComponent).join('/')

const isForbidden = (error: unknown) => isAppError(error) && error.code === 'storage_refused' && error.context['status'] === 403

const isNotImplemented = (error: unknown) =>
  isAppError(error) && (error.context['answer'] === 'NotImplemented' || error.context['status'] === 501)

/** An object that is gathered in memory until its name is known: a pack is at most 68 MiB. */
class S3Writer implements ObjectWriter {
  private readonly storage: S3Storage
  private pieces: Uint8Array[] | null = []

  constructor(storage: S3Storage) {
    this.storage = storage
  }

  async append(bytes: Uint8Array): Promise<void> {
    // A copy: who appends goes on using its buffer.
    this.held().push(Buffer.from(bytes))
  }

  async commit(name: string): Promise<boolean> {
    assertObjectName(name)
    const bytes = Buffer.concat(this.held())
    try {
      await this.storage.put(name, bytes)
      return true
    } catch (error) {
      if (isAppError(error) && error.code === 'object_exists') return false
      throw error
    } finally {
      await this.abort()
    }
  }

  async abort(): Promise<void> {
    this.pieces = null
  }

  private held(): Uint8Array[] {
    if (this.pieces === null) throw new AppError('internal', { message: 'An object is written on after it was ended.' })
    return this.pieces
  }
}
