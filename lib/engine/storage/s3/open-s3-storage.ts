import type { Patience } from '../patience.ts'
import type { Storage } from '../storage.ts'
import type { S3Target, StorageSecrets } from '../storage-target.ts'
import { S3Connection } from './connection.ts'
import { S3Storage } from './s3-storage.ts'
import { SummingThread } from './summing-thread.ts'

/** Opens a bucket of any S3-compatible store; nothing is sent before the first call. */
export async function openS3Storage(
  target: S3Target,
  secrets: StorageSecrets & { kind: 's3' },
  { patience, isForPuts }: { patience: Patience; isForPuts: boolean },
): Promise<Storage> {
  const summing = new SummingThread()
  // It takes as long to start as the client takes to load.
  if (isForPuts) summing.start()
  try {
    return new S3Storage(await S3Connection.open(target, secrets, patience), { summing })
  } catch (error) {
    summing.close()
    throw error
  }
}
