import { isAppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { HEAD_NAME } from '../repository/repository-head.ts'
import type { Storage } from '../storage/storage.ts'
import { isPack, sha256InName } from './object-names.ts'
import { hashOf } from './put-object.ts'

/** Which objects are looked at: all of them unless told otherwise. */
export interface UncoverOptions {
  prefix?: string
  signal?: AbortSignal | undefined
}

/**
 * Puts in its place again what somebody deleted or wrote over, as far as locks kept the first versions: what a lost host comes back from must not depend on what
 * an attacker left to see. A pack that is what its name says stays: a sync had put it right. Gives how many objects came back.
 */
export async function uncover(place: Storage, { prefix = '.', signal }: UncoverOptions = {}): Promise<number> {
  const { immutability } = place
  if (!immutability) return 0
  let uncovered = 0
  for await (const { name, kind, isHidden } of immutability.listTampering(prefix)) {
    throwIfCancelled(signal)
    if (!isHidden) continue
    const now = kind === 'overwritten' && isPack(name) ? await place.stat(name) : null
    if (now && (await hashOf(place, name, now.sizeBytes, signal)) === sha256InName(name)) continue
    await immutability.putBack(name)
    uncovered++
  }
  return uncovered
}

/** The same for no more than it takes to open a repository: its head and its keys. */
export async function uncoverHead(place: Storage): Promise<void> {
  await place.immutability?.putBack(HEAD_NAME).catch((error: unknown) => {
    // Never there: whoever reads it next says so.
    if (!isAppError(error) || error.code !== 'object_missing') throw error
  })
  await uncover(place, { prefix: 'keys/' })
}
