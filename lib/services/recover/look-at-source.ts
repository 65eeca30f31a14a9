import { type AppError, toAppError } from '#lib/base/errors.ts'
import type { LookAtSourceInput, SourceLook } from '#lib/contracts/host.ts'
import type { ReplicaTarget } from '#lib/contracts/replica.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { openStorageTarget } from '#lib/engine/storage/open-storage-target.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { record } from '../audit/record.ts'
import { requireFreshSignIn, requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { placeText } from '../replicas/open-place.ts'
import { keepPlace, placeIdOf, readHead } from '../repository/attached-places.ts'
import { isSealed } from '../repository/is-sealed.ts'
import { withRepository } from '../repository/open-repository.ts'
import { slotSecretOf } from '../repository/typed-secret.ts'
import { unlockRepository } from '../repository/unlock-repository.ts'

/** A greeting tells the key of a server without any secret. */
const GREETING: StorageSecrets = { kind: 'password', password: '-' }

/**
 * Tries where a lost host may come back from, step by step: reach it, find the repository, open it, count its archives. What opens the place is kept sealed, and
 * with a secret this host gets a key of its own; nothing else changes, and what failed is told by its step.
 */
export async function lookAtSource(ctx: ServiceContext, { source, ...typed }: LookAtSourceInput): Promise<SourceLook> {
  requireRight(ctx, 'settings')
  requireRight(ctx, 'restore')
  const secret = slotSecretOf(typed)
  if (secret !== null) requireFreshSignIn(ctx)
  const steps = new Steps()
  const folder =
    source.kind === 'repository'
      ? await steps.take('head', () => localHead(source.path))
      : await keptPlace(ctx, source.target, source.secrets as StorageSecrets, steps)
  if (folder !== null && secret !== null) await steps.take('unlock', () => unlockRepository(ctx, folder, secret))
  const count = () => withRepository(ctx, folder!, async (repository) => (await repository.listArchives()).length)
  const archives = folder === null ? null : await steps.take('archives', count)
  const { failed } = steps
  const place = source.kind === 'repository' ? source.path : placeText(source.target)
  // To people it is the place; the folder that stands for it tells nobody anything.
  const named = (text: string) => (folder === null ? text : text.replaceAll(folder, place))
  const isUsable = failed === null
  record(ctx, 'host.look', { kind: 'repository', id: null }, { place, isUsable, archives, isUnlocked: isUsable && secret !== null })
  const fingerprint = failed?.code === 'host_key_unconfirmed' ? failed.context['fingerprint'] : null
  return {
    ...{ place, isUsable, archives },
    steps: steps.told.map(({ error, ...step }) => ({ ...step, error: error && { ...error, message: named(error.message) } })),
    hostKeyFingerprint: typeof fingerprint === 'string' ? fingerprint : null,
    isEncrypted: folder === null ? null : isSealed(folder),
    source: isUsable ? (source.kind === 'repository' ? source : { kind: 'place', placeId: placeIdOf(folder!) }) : null,
  }
}

async function localHead(path: string): Promise<string> {
  const storage = openLocalStorage(path)
  try {
    await readHead(storage, path)
    return path
  } finally {
    storage.close()
  }
}

/** The folder that stands for a place; null when a step to there failed. */
async function keptPlace(ctx: ServiceContext, target: ReplicaTarget, secrets: StorageSecrets, steps: Steps): Promise<string | null> {
  const isStranger = target.kind === 'sftp' && target.hostKeyFingerprint === null
  const storage = await steps.take('open', () => openStorageTarget(target, isStranger ? GREETING : secrets, { retry: null }))
  if (storage === null) return null
  try {
    return await steps.take('head', () => keepPlace(ctx, storage, target, secrets))
  } finally {
    storage.close()
  }
}

/** What was tried so far; nothing is after a step that failed. */
class Steps {
  readonly told: SourceLook['steps'] = []
  failed: AppError | null = null

  /** Gives what the step gives; null when it failed, or one before it. */
  async take<T>(step: string, work: () => Promise<T>): Promise<T | null> {
    if (this.failed) return null
    const startedMs = performance.now()
    const ended = (error: AppError | null) => {
      const told = error && { code: error.code, message: error.message, hint: error.hint }
      this.told.push({ step, durationMs: Math.round(performance.now() - startedMs), error: told })
    }
    try {
      const result = await work()
      ended(null)
      return result
    } catch (error) {
      this.failed = toAppError(error)
      ended(this.failed)
      return null
    }
  }
}
