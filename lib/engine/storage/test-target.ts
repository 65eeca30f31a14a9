import { randomBytes } from 'node:crypto'
import { AppError, type ErrorCode, isAppError, toAppError } from '#lib/base/errors.ts'
import { type OpenTargetOptions, openStorageTarget } from './open-storage-target.ts'
import type { Storage, StorageTraits } from './storage.ts'
import type { StorageSecrets, StorageTarget } from './storage-target.ts'

/** What was tried on a target, in the order in which it was; ends with the first step that failed. */
export interface TargetReport {
  isUsable: boolean
  steps: TargetStep[]
  /** Null when the target could not be opened. */
  capabilities: TargetCapabilities | null
}

export interface TargetStep {
  step: 'open' | 'write' | 'refuse-overwrite' | 'read' | 'list' | 'delete'
  durationMs: number
  /** Null when it went well. */
  error: AppError | null
}

/** What a target can do; null is unknown, as where the credentials may not ask. */
export interface TargetCapabilities extends StorageTraits {
  /** False with append-only credentials, or while a default lock of the bucket holds. */
  canDelete: boolean | null
  freeBytes: number | null
}

const PROBE_BYTES = 1000

/** Writes, reads, lists and deletes a small object of a random name, and tells what the target can do. Fails only by what it reports. */
export async function testTarget(target: StorageTarget, secrets: StorageSecrets, options: OpenTargetOptions = {}): Promise<TargetReport> {
  const steps: TargetStep[] = []
  const take = async <T>(step: TargetStep['step'], work: () => Promise<T>): Promise<T | null> => {
    if (!isFine(steps)) return null
    const startedMs = performance.now()
    try {
      const result = await work()
      steps.push({ step, durationMs: performance.now() - startedMs, error: null })
      return result
    } catch (error) {
      steps.push({ step, durationMs: performance.now() - startedMs, error: toAppError(error) })
      return null
    }
  }
  const storage = await take('open', () => openStorageTarget(target, secrets, options))
  if (storage === null) return { isUsable: false, steps, capabilities: null }
  const name = `system/probe-${randomBytes(8).toString('hex')}`
  try {
    await tryObject(storage, name, take)
    // What may spoil the object comes after what looks at it.
    const traits = isFine(steps) ? await (storage.traits?.(name) ?? FOLDER_TRAITS) : null
    const space = await storage.freeBytes().catch(() => null)
    await take('delete', () => storage.remove(name))
    const deleted = steps.find(({ step }) => step === 'delete')
    return {
      isUsable: isFine(steps.filter(({ step, error }) => step !== 'delete' || !KEPT.includes(error?.code ?? 'internal'))),
      steps,
      capabilities: traits && { ...traits, canDelete: deleted ? deleted.error === null : null, freeBytes: space?.freeBytes ?? null },
    }
  } finally {
    storage.close()
  }
}

/** Reasons for which an object may not be deleted though all is well. */
const KEPT: readonly ErrorCode[] = ['storage_refused', 'object_locked']

const FOLDER_TRAITS: StorageTraits = {
  putIfAbsent: 'atomic',
  versioning: 'off',
  objectLock: { isOn: false, defaultMode: null, defaultDays: null },
  clockAheadMs: 0,
}

const isFine = (steps: readonly TargetStep[]) => steps.every(({ error }) => error === null)

type Take = <T>(step: TargetStep['step'], work: () => Promise<T>) => Promise<T | null>

async function tryObject(storage: Storage, name: string, take: Take): Promise<void> {
  const bytes = randomBytes(PROBE_BYTES)
  await take('write', () => storage.put(name, bytes))
  await take('refuse-overwrite', async () => {
    const refused = await storage.put(name, Buffer.from('overwritten')).then(
      () => false,
      (error: unknown) => isAppError(error) && error.code === 'object_exists',
    )
    if (!refused) throw unexpected(storage, `${name} could be written over`)
  })
  await take('read', async () => {
    const read = await storage.read(name, 1, PROBE_BYTES)
    if (!read.equals(bytes.subarray(1))) throw unexpected(storage, `${name} was read back otherwise than it was written`)
  })
  await take('list', async () => {
    for await (const object of storage.list('system/')) if (object.name === name && object.sizeBytes === PROBE_BYTES) return
    throw unexpected(storage, `${name} was written and is not listed`)
  })
}

function unexpected(storage: Storage, what: string): AppError {
  return new AppError('io_failed', {
    message: `${storage.location}: ${what}.`,
    hint: 'What answers there does not behave as a store has to.',
  })
}
