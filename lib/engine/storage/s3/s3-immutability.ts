/** Object Lock. Dates are reckoned on the store's clock and read back after each write: some stores accept a lock and do not set it. */
import { systemClock } from '#lib/base/clock.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ObjectBody } from '../object-source.ts'
import type { Immutability, ObjectLock, Tampering } from '../storage.ts'
import { assertObjectName } from '../storage-errors.ts'
import type { ObjectLockMode } from '../storage-target.ts'
import type { S3Connection } from './connection.ts'
import { listVersions, modeOf, type ObjectVersion, walkVersions } from './s3-bucket.ts'
import { lockRefused } from './s3-errors.ts'
import { folderOf, type S3Storage } from './s3-storage.ts'

export class S3Immutability implements Immutability {
  readonly mode: ObjectLockMode
  private readonly connection: S3Connection
  private readonly storage: S3Storage

  constructor(connection: S3Connection, storage: S3Storage, mode: ObjectLockMode) {
    this.connection = connection
    this.storage = storage
    this.mode = mode
  }

  async nowMs(): Promise<number> {
    if (this.connection.clockAheadMs === null) {
      const command = new this.connection.sdk.HeadBucketCommand({ Bucket: this.connection.target.bucket })
      try {
        await this.connection.request(null, 0, (client, options) => client.send(command, options))
      } catch (error) {
        if (this.connection.clockAheadMs === null) throw error
      }
    }
    return systemClock.realNowMs() + (this.connection.clockAheadMs ?? 0)
  }

  async putLocked(name: string, body: ObjectBody, untilMs: number, sha256?: string): Promise<ObjectLock> {
    await this.assertAhead(name, untilMs)
    try {
      await this.storage.putNew(name, body, sha256, {
        ObjectLockMode: s3ModeOf(this.mode),
        ObjectLockRetainUntilDate: wholeSecond(untilMs),
      })
    } catch (error) {
      const { location, target } = this.connection
      throw isAppError(error) ? lockRefused(error, { location, bucket: target.bucket, name }) : error
    }
    return this.assertLocked(name, untilMs)
  }

  async lock(name: string, untilMs: number): Promise<ObjectLock> {
    await this.assertAhead(name, untilMs)
    const now = await this.lockOf(name)
    if (now !== null && now.untilMs >= untilMs) return now
    const mode = now?.mode === 'compliance' ? 'compliance' : this.mode
    const command = new this.connection.sdk.PutObjectRetentionCommand({
      Bucket: this.connection.target.bucket,
      Key: this.connection.keyOf(name),
      Retention: { Mode: s3ModeOf(mode), RetainUntilDate: wholeSecond(untilMs) },
    })
    await this.connection.request(name, 0, (client, options) => client.send(command, options))
    return this.assertLocked(name, untilMs)
  }

  async lockOf(name: string): Promise<ObjectLock | null> {
    assertObjectName(name)
    const lock = await this.storedLock(name)
    return lock !== null && lock.untilMs > (await this.nowMs()) ? lock : null
  }

  private async storedLock(name: string, versionId?: string): Promise<ObjectLock | null> {
    const at = { Bucket: this.connection.target.bucket, Key: this.connection.keyOf(name), VersionId: versionId }
    const head = new this.connection.sdk.HeadObjectCommand(at)
    const seen = await this.connection.request(name, 0, (client, options) => client.send(head, options))
    const mode = modeOf(seen.ObjectLockMode)
    if (mode !== null && seen.ObjectLockRetainUntilDate) return { mode, untilMs: seen.ObjectLockRetainUntilDate.getTime() }
    // HEAD leaves it out where the credentials may not read locks, and in some stores always.
    const ask = new this.connection.sdk.GetObjectRetentionCommand(at)
    try {
      const { Retention } = await this.connection.request(name, 0, (client, options) => client.send(ask, options))
      const told = modeOf(Retention?.Mode)
      return told !== null && Retention?.RetainUntilDate ? { mode: told, untilMs: Retention.RetainUntilDate.getTime() } : null
    } catch (error) {
      if (isAppError(error) && /ObjectLock|InvalidRequest/.test(String(error.context['answer']))) return null
      throw error
    }
  }

  private async assertLocked(name: string, untilMs: number): Promise<ObjectLock> {
    const lock = await this.storedLock(name)
    if (lock !== null && lock.untilMs >= untilMs && (lock.mode === 'compliance' || this.mode === 'governance')) return lock
    throw new AppError('io_failed', {
      message: `${this.connection.location}: ${name} was written, but the store did not lock it (${lock === null ? 'no lock' : `${lock.mode} until ${new Date(lock.untilMs).toISOString()}`}).`,
      hint: 'The bucket has to be made with Object Lock on. Until it is, copies there can be deleted.',
      context: { object: name, untilMs, lock },
    })
  }

  private async assertAhead(name: string, untilMs: number): Promise<void> {
    assertObjectName(name)
    if (untilMs > (await this.nowMs())) return
    throw new AppError('invalid_input', {
      message: `${name} cannot be locked until ${new Date(untilMs).toISOString()}: by the clock of the store that has passed.`,
      hint: 'Set the clock of this host by NTP.',
    })
  }

  async *listTampering(prefix: string): AsyncIterable<Tampering> {
    for await (const versions of walkVersions(this.connection, this.connection.keyOf(folderOf(prefix)))) {
      yield* tamperingOf(this.connection.nameOf(versions[0]!.key), versions)
    }
  }

  async getFirst(name: string): Promise<Buffer> {
    const first = await this.firstOf(name)
    return this.connection.download(name, first.sizeBytes, { versionId: first.versionId })
  }

  async putBack(name: string): Promise<void> {
    const versions = await listVersions(this.connection, name)
    const first = firstVersion(versions)
    if (first === null) throw this.missing(name)
    if (isSame(versions[0]!, first)) return
    const bytes = await this.getFirst(name)
    const lock = await this.storedLock(name, first.versionId)
    const isLocked = lock !== null && lock.untilMs > (await this.nowMs())
    await this.storage.upload(
      name,
      bytes,
      isLocked ? { ObjectLockMode: s3ModeOf(lock.mode), ObjectLockRetainUntilDate: new Date(lock.untilMs) } : {},
    )
  }

  private async firstOf(name: string): Promise<ObjectVersion> {
    assertObjectName(name)
    const first = firstVersion(await listVersions(this.connection, name))
    if (first === null) throw this.missing(name)
    return first
  }

  private missing(name: string): AppError {
    return new AppError('object_missing', {
      message: `${this.connection.location}: no version of ${name} is left.`,
      hint: 'Complete the copy from the host.',
      context: { object: name },
    })
  }
}

/** What was done to an object after it was written; `versions` the newest first. A PUT repeated after its answer was lost is no attempt. */
function tamperingOf(name: string, versions: readonly ObjectVersion[]): Tampering[] {
  const first = firstVersion(versions)
  const isHidden = first === null || !isSame(versions[0]!, first)
  return versions
    .filter((version) => version.isMarker || (first !== null && !isSame(version, first)))
    .map(({ isMarker, atMs, versionId }) => ({ name, kind: isMarker ? 'deleted' : 'overwritten', atMs, versionId, isHidden }))
}

const firstVersion = (versions: readonly ObjectVersion[]) => versions.findLast(({ isMarker }) => !isMarker) ?? null

const isSame = (one: ObjectVersion, other: ObjectVersion) => !one.isMarker && one.etag === other.etag && one.sizeBytes === other.sizeBytes

const s3ModeOf = (mode: ObjectLockMode) => (mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE')

/** Locks are kept in whole seconds; never a fraction shorter than asked for. */
const wholeSecond = (ms: number) => new Date(Math.ceil(ms / 1000) * 1000)
