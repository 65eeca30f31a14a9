/** What a bucket is set to, and the versions that it keeps. */
import type {
  ListObjectVersionsCommand,
  ListObjectVersionsCommandOutput,
  ObjectLockConfiguration,
  ObjectLockRetentionMode,
} from '@aws-sdk/client-s3'
import { isAppError } from '#lib/base/errors.ts'
import type { StorageTraits } from '../storage.ts'
import type { ObjectLockMode } from '../storage-target.ts'
import type { S3Connection } from './connection.ts'

/** One version of an object, or a marker that hides those before it. */
export interface ObjectVersion {
  key: string
  versionId: string
  isMarker: boolean
  isLatest: boolean
  atMs: number
  /** '' for a marker. */
  etag: string
  sizeBytes: number
}

/** All versions below a key prefix, key by key, the newest of a key first. */
export async function* walkVersions(connection: S3Connection, keyPrefix: string): AsyncIterable<ObjectVersion[]> {
  let waiting: ObjectVersion[] = []
  let at: { KeyMarker?: string; VersionIdMarker?: string } | null = {}
  while (at !== null) {
    const command: ListObjectVersionsCommand = new connection.sdk.ListObjectVersionsCommand({
      Bucket: connection.target.bucket,
      Prefix: keyPrefix,
      ...at,
    })
    const page: ListObjectVersionsCommandOutput = await connection.request(null, 0, (client, options) => client.send(command, options))
    connection.assertStore(page.Name, null)
    for (const one of page.Versions ?? []) waiting.push(versionOf(one, false))
    for (const one of page.DeleteMarkers ?? []) waiting.push(versionOf(one, true))
    at = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : null
    // The last key of a page may go on in the next.
    const open = at === null ? null : page.NextKeyMarker
    const byKey = Map.groupBy(waiting, ({ key }) => key)
    waiting = (open && byKey.get(open)) || []
    for (const [key, versions] of byKey) if (key !== open) yield newestFirst(versions)
  }
}

/** The versions of one object, the newest first; none when there never was one. */
export async function listVersions(connection: S3Connection, name: string): Promise<ObjectVersion[]> {
  const key = connection.keyOf(name)
  for await (const versions of walkVersions(connection, key)) {
    if (versions[0]!.key === key) return versions
    // Keys come in order: what only begins like it comes after it.
    break
  }
  return []
}

interface Listed {
  Key?: string
  VersionId?: string
  IsLatest?: boolean
  LastModified?: Date
  ETag?: string
  Size?: number
}

function versionOf({ Key, VersionId, IsLatest, LastModified, ETag, Size }: Listed, isMarker: boolean): ObjectVersion {
  return {
    key: Key ?? '',
    versionId: VersionId ?? 'null',
    isMarker,
    isLatest: IsLatest === true,
    atMs: LastModified?.getTime() ?? 0,
    etag: ETag ?? '',
    sizeBytes: Size ?? 0,
  }
}

/** Stable: the store lists versions of one moment in their order. */
const newestFirst = (versions: ObjectVersion[]) => versions.sort((a, b) => Number(b.isLatest) - Number(a.isLatest) || b.atMs - a.atMs)

/** Null when the credentials may not ask. */
export async function versioningOf(connection: S3Connection): Promise<StorageTraits['versioning']> {
  const command = new connection.sdk.GetBucketVersioningCommand({ Bucket: connection.target.bucket })
  const answer = await unlessRefused(connection.request(null, 0, (client, options) => client.send(command, options)))
  if (answer === null) return null
  if (answer.Status === 'Enabled') return 'on'
  return answer.Status === 'Suspended' ? 'suspended' : 'off'
}

/** What a bucket can do, tried on an object that exists. */
export async function traitsOf(connection: S3Connection, existing: string): Promise<StorageTraits> {
  return {
    versioning: await versioningOf(connection),
    objectLock: await lockConfigurationOf(connection),
    putIfAbsent: await putIfAbsentOf(connection, existing),
    clockAheadMs: connection.clockAheadMs,
  }
}

async function lockConfigurationOf(connection: S3Connection): Promise<StorageTraits['objectLock']> {
  const command = new connection.sdk.GetObjectLockConfigurationCommand({ Bucket: connection.target.bucket })
  const off = { isOn: false, defaultMode: null, defaultDays: null }
  try {
    const answer = await connection.request(null, 0, (client, options) => client.send(command, options))
    const found: ObjectLockConfiguration = answer.ObjectLockConfiguration ?? {}
    const standard = found.Rule?.DefaultRetention
    return {
      isOn: found.ObjectLockEnabled === 'Enabled',
      defaultMode: modeOf(standard?.Mode),
      defaultDays: standard?.Days ?? (standard?.Years === undefined ? null : standard.Years * 365),
    }
  } catch (error) {
    if (isAppError(error) && /ObjectLock|InvalidRequest|NotImplemented|MethodNotAllowed/.test(String(error.context['answer']))) return off
    if (isAppError(error) && error.code === 'storage_refused') return null
    throw error
  }
}

/** A PUT that has to be refused, of an empty object: where it is not, the bucket keeps what was there as a version or loses it. */
async function putIfAbsentOf(connection: S3Connection, existing: string): Promise<StorageTraits['putIfAbsent']> {
  const command = new connection.sdk.PutObjectCommand({
    Bucket: connection.target.bucket,
    Key: connection.keyOf(existing),
    Body: Buffer.alloc(0),
    IfNoneMatch: '*',
  })
  try {
    await connection.request(existing, 0, (client, options) => client.send(command, options))
    return 'checked'
  } catch (error) {
    return isAppError(error) && error.code === 'object_exists' ? 'atomic' : 'checked'
  }
}

/** A mode as we write it; null for none. */
export function modeOf(mode: ObjectLockRetentionMode | string | undefined): ObjectLockMode | null {
  if (mode === 'COMPLIANCE') return 'compliance'
  return mode === 'GOVERNANCE' ? 'governance' : null
}

async function unlessRefused<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (isAppError(error) && error.code === 'storage_refused') return null
    throw error
  }
}
