import { AppError } from '#lib/base/errors.ts'
import { type CacheOptions, withCache } from './cached-storage.ts'
import { withImmutableFiles } from './immutable-files.ts'
import { openLocalStorage } from './local-storage.ts'
import { type Patience, USUAL_PATIENCE } from './patience.ts'
import { type RetryOptions, withRetry } from './retry-storage.ts'
import type { Storage } from './storage.ts'
import { describeTarget, type StorageSecrets, type StorageTarget } from './storage-target.ts'

export interface OpenTargetOptions {
  /** Makes the folder if it is missing; a bucket has to exist. */
  create?: boolean
  /** Large objects are going to be put: what that needs is there sooner. */
  isForPuts?: boolean
  /** How long a network is waited for; the usual patience otherwise. */
  patience?: Patience
  /** How failures of a network are tried again; as usual otherwise, null: not at all. */
  retry?: RetryOptions | null
  /** Where what is read often from a network is kept, for browsing; not for verifying. */
  cache?: CacheOptions
}

/**
 * Opens any target; the one way to do so. What a kind of storage needs is loaded only when one is opened; failures of a network are tried again. Throws `storage_missing`, `storage_refused`,
 * `storage_unreachable`, `host_key_unconfirmed`, at the latest with the first call.
 */
export async function openStorageTarget(target: StorageTarget, secrets: StorageSecrets, options: OpenTargetOptions = {}): Promise<Storage> {
  switch (target.kind) {
    case 'folder': {
      const storage = openLocalStorage(target.path, { create: options.create ?? false })
      return target.isImmutable ? withImmutableFiles(storage) : storage
    }
    case 's3': {
      if (secrets.kind !== 's3') throw wrongSecrets(target, secrets)
      const { openS3Storage } = await import('./s3/open-s3-storage.ts')
      const { patience = USUAL_PATIENCE, isForPuts = false } = options
      return decorated(await openS3Storage(target, secrets, { patience, isForPuts }), options)
    }
    case 'sftp': {
      if (secrets.kind !== 'password' && secrets.kind !== 'private-key') throw wrongSecrets(target, secrets)
      const { openSftpStorage } = await import('./sftp/open-sftp-storage.ts')
      return decorated(await openSftpStorage(target, secrets, options.patience ?? USUAL_PATIENCE, options), options)
    }
  }
}

function decorated(storage: Storage, { retry = {}, cache }: OpenTargetOptions): Storage {
  const retrying = retry === null ? storage : withRetry(storage, retry)
  return cache ? withCache(retrying, cache) : retrying
}

/** The failure of secrets that are not of the kind that the target asks for. */
export function wrongSecrets(target: StorageTarget, secrets: StorageSecrets): AppError {
  return new AppError('invalid_input', {
    message: `${describeTarget(target)} cannot be opened with secrets of the kind ${secrets.kind}.`,
    hint: target.kind === 's3' ? 'Give an access key and its secret.' : 'Give a password or a private key.',
  })
}
