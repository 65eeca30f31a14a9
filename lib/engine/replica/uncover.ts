import { throwIfCancelled } from '../cancelled.ts'
import type { Storage } from '../storage/storage.ts'
import { isPack, sha256InName } from './object-names.ts'
import { hashOf } from './put-object.ts'

/**
 * Puts in its place again what somebody deleted or wrote over, as far as locks kept the first versions: what a lost host comes back from must not depend on what
 * an attacker left to see. A pack that is what its name says stays: a sync had put it right. Gives how many objects came back.
 */
export async function uncover(place: Storage, signal?: AbortSignal): Promise<number> {
  const { immutability } = place
  if (!immutability) return 0
  let uncovered = 0
  for await (const { name, kind, isHidden } of immutability.listTampering('.')) {
    throwIfCancelled(signal)
    if (!isHidden) continue
    const now = kind === 'overwritten' && isPack(name) ? await place.stat(name) : null
    if (now && (await hashOf(place, name, now.sizeBytes, signal)) === sha256InName(name)) continue
    await immutability.putBack(name)
    uncovered++
  }
  return uncovered
}
