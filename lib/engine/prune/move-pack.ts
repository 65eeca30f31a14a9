/**
 * Packs to the trash and back, each with its index. An index without its pack counts for nothing, a pack without its index is read itself: so the index
 * leaves first and comes last, and what a crash leaves in between is put right by `settlePacks`.
 */
import { AppError } from '#lib/base/errors.ts'
import { indexNameOf, listPacks, type PackPlace, packOfIndex } from '../repository/pack.ts'
import { makeMissingIndex } from '../repository/pack-index.ts'
import type { LaterOptions, Storage } from '../storage/storage.ts'

const inTrash = (name: string) => `trash/${name}`
/** Nobody needs such a pack: at its old place, in the trash or gone, a power cut leaves nothing that a kill does not. */
const LATER = { isLater: true }

/** Moves a pack that nobody needs out of sight of writers; durable once the storage is settled. */
export async function trashPack(storage: Storage, pack: string): Promise<void> {
  await move(storage, indexNameOf(pack), inTrash(indexNameOf(pack)), LATER)
  await move(storage, pack, inTrash(pack), LATER)
}

/** Brings a pack back from the trash. */
export async function bringBack(storage: Storage, pack: string): Promise<void> {
  await move(storage, inTrash(pack), pack)
  await move(storage, inTrash(indexNameOf(pack)), indexNameOf(pack))
}

/** Takes a pack that lies in the trash away for good; durable once the storage is settled. */
export async function unlinkPack(storage: Storage, pack: string): Promise<void> {
  await storage.remove(inTrash(indexNameOf(pack)), LATER)
  await storage.remove(inTrash(pack), LATER)
}

/** Moves an object; one that is not there was moved before. The same object at both places is one too many. */
async function move(storage: Storage, from: string, to: string, options?: LaterOptions): Promise<void> {
  try {
    await storage.move(from, to, options)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'object_missing') return
    if (error.code !== 'object_exists') throw error
    // Written anew while a copy lay in the trash: names are hashes, so both say the same.
    await storage.remove(from, options)
  }
}

/** A pack and its index belong together: the index goes where its pack is, and one that is nowhere is made again. Under the lease. */
export async function settlePacks(place: PackPlace): Promise<void> {
  const { storage } = place
  const [live, trashed] = [new Set<string>(), new Set<string>()]
  for await (const { name } of storage.list('packs/')) live.add(name)
  for await (const { name } of storage.list('trash/packs/')) trashed.add(name.slice('trash/'.length))
  for (const index of trashed) {
    const pack = packOf(index)
    if (pack === null || trashed.has(pack)) continue
    if (live.has(pack)) await move(storage, inTrash(index), index)
    else if (!live.has(index)) await storage.remove(inTrash(index))
  }
  for (const index of live) {
    const pack = packOf(index)
    if (pack === null || live.has(pack)) continue
    if (trashed.has(pack)) await move(storage, index, inTrash(index))
    else await storage.remove(index)
  }
  for (const pack of live) {
    const index = indexNameOf(pack)
    if (pack.endsWith('.pack') && !live.has(index) && !(await storage.stat(index))) await makeMissingIndex(place, pack)
  }
}

/** Names of all packs, for a writer that has the lease: what a crash left of a pack without its index is put right first, or it would be read whole for ever. */
export async function settledPacks(place: PackPlace): Promise<string[]> {
  const { packs, indexes } = await listPacks(place.storage)
  if (packs.every((pack) => indexes.has(indexNameOf(pack)))) return packs
  await settlePacks(place)
  return (await listPacks(place.storage)).packs
}

const packOf = (index: string) => (index.endsWith('.idx.zst') ? packOfIndex(index) : null)
