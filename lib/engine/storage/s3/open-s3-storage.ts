import type { Patience } from '../patience.ts'
import type { Storage } from '../storage.ts'
import type { S3Target, StorageSecrets } from '../storage-target.ts'
import { S3Connection } from './connection.ts'
import { S3Storage } from './s3-storage.ts'

/** Opens a bucket of any S3-compatible store; nothing is sent before the first call. */
export async function openS3Storage(target: S3Target, secrets: StorageSecrets & { kind: 's3' }, patience: Patience): Promise<Storage> {
  return new S3Storage(await S3Connection.open(target, secrets, patience))
}
