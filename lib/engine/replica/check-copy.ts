/** Reads back what lies on a copy, the longest unchecked first, as far as a budget of bytes reaches. */
import { createHash } from 'node:crypto'
import { throwIfCancelled } from '../cancelled.ts'
import type { Repository } from '../repository/repository.ts'
import type { Storage } from '../storage/storage.ts'
import { isDamage } from './is-damage.ts'
import { archiveOfManifest, isPack, type Listing, sha256InName } from './object-names.ts'
import type { PlaceMemory } from './place-memory.ts'
import { hashOf } from './put-object.ts'

export interface CheckInput {
  place: Storage
  /** The copy itself, not a view of it. */
  copy: Repository
  host: Storage
  onHost: ReadonlyMap<string, { from: string; sizeBytes: number }>
  listing: Listing
  memory: PlaceMemory
  budgetBytes: number
  nowMs: number
  signal?: AbortSignal | undefined
  onObject?: ((name: string, done: number, bytesDone: number) => void) | undefined
}

/** Checks as much as the budget allows; at least one object. Gives what is damaged. */
export async function checkCopy(input: CheckInput): Promise<{ objects: number; bytes: number; damaged: string[] }> {
  const { memory, listing, budgetBytes, nowMs } = input
  const due = Object.entries(memory.objects)
    .filter(([name]) => listing.has(name))
    .sort(([, a], [, b]) => a.checkedAtMs - b.checkedAtMs)
  const damaged: string[] = []
  let objects = 0
  let bytes = 0
  for (const [name, known] of due) {
    if (bytes >= budgetBytes) break
    throwIfCancelled(input.signal)
    input.onObject?.(name, objects, bytes)
    const sizeBytes = listing.get(name)!
    if (await isWhole(input, name, sizeBytes)) known.checkedAtMs = nowMs
    else damaged.push(name)
    objects++
    bytes += sizeBytes
  }
  return { objects, bytes, damaged }
}

/** Objects that the listing shows to be of another size than what was written there. */
export function wrongSizes({ listing, memory, onHost }: Pick<CheckInput, 'listing' | 'memory' | 'onHost'>): string[] {
  return [...listing].flatMap(([name, sizeBytes]) => {
    const expected = memory.objects[name]?.sizeBytes ?? (isPack(name) ? onHost.get(name)?.sizeBytes : undefined)
    return expected === undefined || expected === sizeBytes ? [] : [name]
  })
}

async function isWhole(input: CheckInput, name: string, sizeBytes: number): Promise<boolean> {
  const { place, host, onHost, memory, signal } = input
  try {
    if (isPack(name)) return (await hashOf(place, name, sizeBytes, signal)) === sha256InName(name)
    const bytes = await place.get(name)
    const known = memory.objects[name]!.sha256
    if (known !== null) return createHash('sha256').update(bytes).digest('hex') === known
    const twin = onHost.get(name)
    const same = twin
      ? await host.get(twin.from).then(
          (own) => own.equals(bytes),
          () => null,
        )
      : null
    return same ?? (await opens(input, name))
  } catch (error) {
    // Not there any more, or ends too early; a place that cannot be reached is no damage.
    if (isDamage(error)) return false
    throw error
  }
}

/** Whether an object that only the copy has is what it should be, by its own checksum. */
async function opens({ copy }: CheckInput, name: string): Promise<boolean> {
  const archiveId = archiveOfManifest(name)
  if (archiveId !== null) await copy.readManifest(archiveId)
  const marked = /^marks\/(arc_[0-9a-f]{24})\//.exec(name)?.[1]
  if (marked !== undefined) await copy.marksOf(marked as `arc_${string}`)
  return true
}
