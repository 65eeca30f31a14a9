/**
 * What goes from a copy. Invariants kept here:
 *
 * 1. A copy is never repacked: packs go whole, once nothing that any archive on the copy needs lies in them.
 * 2. Deleting runs the other way round than writing: manifest → marks → index → pack. A crash leaves only what the next sweep takes away.
 * 3. Refused while any archive on the copy is unreadable or lacks a frame (survey.ts); the vetoes of the delete primitive count here, too, from the copy's marks.
 * 4. What is locked is not tried: it goes once its lock has ended.
 */
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { Vetoes } from '../prune/delete-vetoes.ts'
import type { OpenUndos } from '../prune/open-undos.ts'
import { addNeeds, nothingNeeded, readHeads } from '../prune/survey.ts'
import { manifestName } from '../repository/manifest.ts'
import { indexNameOf, packOfIndex } from '../repository/pack.ts'
import type { Repository } from '../repository/repository.ts'
import type { Storage } from '../storage/storage.ts'
import { archivesIn, isPack, type Listing, marksIn } from './object-names.ts'
import type { PlaceMemory } from './place-memory.ts'

export interface RetainInput {
  place: Storage
  /** The copy as it is. */
  copy: Repository
  listing: Listing
  memory: PlaceMemory
  saveMemory: () => void
  undos: OpenUndos
  nowMs: number
  /** Objects that the place did not let go: the keys may not delete there. */
  refused: string[]
  signal?: AbortSignal | undefined
}

/** Takes archives off the copy; gives the ones that went. A veto, or a lock, keeps one; the next run looks again. */
export async function forgetOnCopy(input: RetainInput, going: readonly ArchiveId[]): Promise<ArchiveId[]> {
  if (going.length === 0) return []
  const { copy, listing, nowMs } = input
  const { listed } = await readHeads(copy, { signal: input.signal })
  const vetoes = new Vetoes(copy, listed, input.undos, nowMs)
  const marks = marksIn(listing)
  const may: ArchiveId[] = []
  for (const id of going) {
    throwIfCancelled(input.signal)
    const head = listed.find((archive) => archive.id === id)
    if (head && (await vetoes.onForgetting(head)).length === 0) may.push(id)
  }
  const gone = await takeAway(
    input,
    may.map((id) => [manifestName(id), ...(marks.get(id) ?? [])]),
  )
  return may.filter((_, i) => gone[i])
}

/** Takes away what no archive on the copy needs: packs, and marks of archives that are not listed. Throws `prune_refused`. */
export async function sweepCopy(input: RetainInput): Promise<{ freedBytes: number; lockedBytes: number }> {
  const { copy, listing, signal } = input
  const needed = await nothingNeeded(copy)
  await addNeeds(copy, needed, archivesIn(listing), { signal })
  const live = new Set(needed.inPacks.packNames())
  const dead = [...listing.keys()].filter((name) => isPack(name) && !live.has(name))
  const groups = dead.map((pack) => [indexNameOf(pack), pack].filter((name) => listing.has(name)))
  for (const name of listing.keys()) if (name.endsWith('.idx.zst') && !listing.has(packOfIndex(name))) groups.push([name])
  const listed = new Set(archivesIn(listing))
  for (const [id, names] of marksIn(listing)) if (!listed.has(id)) groups.push(...names.map((name) => [name]))
  const bytes = groups.map((names) => names.reduce((sum, name) => sum + (listing.get(name) ?? 0), 0))
  const gone = await takeAway(input, groups)
  const sumOf = (isGone: boolean) => bytes.reduce((sum, size, i) => (gone[i] === isGone ? sum + size : sum), 0)
  input.memory.sweepDue = gone.includes(false)
  return { freedBytes: sumOf(true), lockedBytes: sumOf(false) }
}

/** Removes objects group by group, in their order; says of each group whether it went. One of which anything is locked stays as a whole. */
export async function takeAway(input: RetainInput, groups: readonly (readonly string[])[]): Promise<boolean[]> {
  const { listing, memory } = input
  const free: boolean[] = []
  for (const names of groups) free.push(await isFree(input, names))
  const going = groups.flatMap((names, i) => (free[i] ? [...names] : []))
  if (going.length === 0) return free
  memory.going = going
  if (going.some((name) => !name.startsWith('system/'))) memory.sweepDue = true
  input.saveMemory()
  const kept = new Set<string>()
  for (const name of going) {
    throwIfCancelled(input.signal)
    if (kept.size > 0 || !(await removed(input, name))) {
      // Of who may not delete one object, another is not asked for.
      kept.add(name)
      continue
    }
    listing.delete(name)
    delete memory.objects[name]
  }
  memory.going = []
  input.refused.push(...kept)
  return groups.map((names, i) => free[i]! && !names.some((name) => kept.has(name)))
}

/** False when the place does not let the object go. */
async function removed({ place }: RetainInput, name: string): Promise<boolean> {
  try {
    await place.remove(name)
    return true
  } catch (error) {
    if (isAppError(error) && (error.code === 'storage_refused' || error.code === 'object_locked')) return false
    throw error
  }
}

async function isFree({ place, listing, memory, nowMs, signal }: RetainInput, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    throwIfCancelled(signal)
    const known = memory.objects[name]
    if ((known?.lockedUntilMs ?? 0) > nowMs) return false
    const lock = listing.has(name) ? await place.immutability?.lockOf(name) : null
    if (!lock) continue
    if (known) known.lockedUntilMs = lock.untilMs
    return false
  }
  return true
}
