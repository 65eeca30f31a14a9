import { randomBytes } from 'node:crypto'
import { type AppError, toAppError } from '#lib/base/errors.ts'
import { type OpenTargetOptions, openStorageTarget } from './open-storage-target.ts'
import type { Storage } from './storage.ts'
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
export interface TargetCapabilities {
  /** `atomic`: of two writers at once one is refused. `checked`: we look first. */
  putIfAbsent: 'atomic' | 'checked' | null
  versioning: 'on' | 'suspended' | 'off' | null
  objectLock: { isOn: boolean; defaultMode: 'governance' | 'compliance' | null; defaultDays: number | null } | null
  /** False with append-only credentials, which is as it should be. */
  canDelete: boolean | null
  /** How far the storage's clock is ahead of this host's. */
  clockAheadMs: number | null
  freeBytes: number | null
}

const PROBE_BYTES = 1000

/** Writes, reads, lists and deletes a small object of a random name, and tells what the target can do. Fails only by what it reports. */
export async function testTarget(target: StorageTarget, secrets: StorageSecrets, options: OpenTargetOptions = {}): Promise<TargetReport> {
  const steps: TargetStep[] = []
  const take = async <T>(step: TargetStep['step'], work: () => Promise<T>): Promise<T | null> => {
    if (steps.some(({ error }) => error !== null)) return null
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
  try {
    await tryObject(storage, take)
    const capabilities = await storage.freeBytes()
    const canDelete = steps.find(({ step }) => step === 'delete')?.error
    return {
      isUsable: steps.every(({ step, error }) => error === null || (step === 'delete' && error.code === 'storage_refused')),
      steps,
      capabilities: {
        putIfAbsent: 'atomic',
        versioning: 'off',
        objectLock: null,
        canDelete: canDelete === undefined ? null : canDelete === null,
        clockAheadMs: null,
        freeBytes: capabilities?.freeBytes ?? null,
      },
    }
  } finally {
    storage.close()
  }
}

type Take = <T>(step: TargetStep['step'], work: () => Promise<T>) => Promise<T | null>

async function tryObject(storage: Storage, take: Take): Promise<void> {
  const name = `system/probe-${randomBytes(8).toString('hex')}`
  const bytes = randomBytes(PROBE_BYTES)
  await take('write', () => storage.put(name, bytes))
  await take('read', async () => {
    const read = await storage.read(name, 1, PROBE_BYTES)
    if (!read.equals(bytes.subarray(1))) throw new Error(`${name} was read back otherwise than it was written.`)
  })
  await take('list', async () => {
    for await (const object of storage.list('system/')) if (object.name === name && object.sizeBytes === PROBE_BYTES) return
    throw new Error(`${name} was written and is not listed.`)
  })
  await take('delete', () => storage.remove(name))
}
