import type { ArchiveId } from '#lib/base/ids.ts'
import { trashedManifestName } from '../repository/manifest.ts'
import { indexNameOf } from '../repository/pack.ts'
import type { Repository } from '../repository/repository.ts'
import { type ArchiveHead, Vetoes } from './delete-vetoes.ts'
import { readMoved } from './moved-packs.ts'
import { readOpenUndos } from './open-undos.ts'
import { type PackPlan, type PackSize, planPacks } from './plan-packs.ts'
import type { PruneInput } from './run-prune.ts'
import { addNeeds, type Needed, nothingNeeded, readHeads, requireAll } from './survey.ts'

/** What a prune would do, or did. */
export interface PruneFigures {
  /** Forgotten archives that go for good. */
  expired: ArchiveId[]
  /** What all packs take, those in the trash left out. */
  packBytes: number
  /** What archives need of them. */
  neededBytes: number
  deadPacks: number
  deadBytes: number
  /** Packs that are written again, and what they take before and after. */
  repackPacks: number
  repackBytes: number
  repackedBytes: number
  /** What lies in the trash before it begins. */
  trashPacks: number
  trashBytes: number
  /** Packs that leave the trash for good. */
  unlinkPacks: number
  /** Bytes that are free at the end, new packs taken off. */
  reclaimedBytes: number
  /** Bytes in the trash at the end. */
  waitingBytes: number
  broughtBack: number
}

/** All that a prune has to know, as of one moment. Pack names are as in `packs/`, wherever they lie. */
export interface PruneState {
  /** Every archive that was looked at, listed or in the trash. */
  seen: ReadonlySet<ArchiveId>
  heads: readonly ArchiveHead[]
  expired: ArchiveId[]
  /** What their manifests take. */
  expiredBytes: number
  needed: Needed
  /** Packs that lie in `packs/`, and those in the trash. */
  sizes: ReadonlyMap<string, PackSize>
  trashSizes: ReadonlyMap<string, PackSize>
  plan: PackPlan
  bytesToRewrite: number
  /** Packs that lie in the trash and have to come back. */
  broughtBack: string[]
  /** Packs that lie in the trash and go for good. */
  unlinked: string[]
  /** Packs in the trash of which nobody knows since when. */
  unnoted: string[]
  staleNotes: string[]
  /** What stays in the trash, this time. */
  keptTrashBytes: number
}

/** Looks at a repository; throws `prune_refused`. */
export async function lookAt(input: PruneInput): Promise<PruneState> {
  const { repository, clock, graceMs, signal } = input
  const nowMs = clock.nowMs()
  const options = {
    signal,
    onArchive: (done: number, total: number, id: ArchiveId) =>
      input.onProgress?.({ phase: 'reading archives', done, total, bytesDone: 0, bytesTotal: null, current: id }),
  }
  // Before the repository is listed: what is published meanwhile is in both.
  const expected = input.expected?.() ?? []
  const { listed, trashed } = await readHeads(repository, options)
  requireAll(repository, expected, [...listed, ...trashed])
  const vetoes = new Vetoes(repository, listed, readOpenUndos(input.journals, nowMs), nowMs)
  const expired: ArchiveId[] = []
  for (const archive of trashed) if (await mayExpire(vetoes, archive, nowMs, graceMs)) expired.push(archive.id)
  let expiredBytes = 0
  for (const id of expired) expiredBytes += (await repository.storage.stat(trashedManifestName(id)))?.sizeBytes ?? 0
  const needed = await nothingNeeded(repository)
  const gone = new Set(expired)
  const staying = [...listed, ...trashed].map(({ id }) => id).filter((id) => !gone.has(id))
  await addNeeds(repository, needed, staying, options)
  // What goes is read, too: a repository in which something is missing is not one to delete from.
  await addNeeds(repository, { inPacks: needed.inPacks.copy(), inTrash: needed.inTrash.copy() }, expired, options)
  return {
    seen: new Set([...listed, ...trashed].map(({ id }) => id)),
    heads: [...listed, ...trashed],
    expired,
    expiredBytes,
    needed,
    ...(await packState(repository, needed, { nowMs, graceMs })),
  }
}

async function mayExpire(vetoes: Vetoes, archive: ArchiveHead, nowMs: number, graceMs: number): Promise<boolean> {
  const said = await vetoes.saidOf(archive.id)
  // Without its mark nobody knows since when it lies there.
  if (said.forgotten === null || vetoes.onRemoving(archive, said).length > 0) return false
  return graceMs === 0 || nowMs - Date.parse(said.forgotten.at) >= graceMs
}

async function packState(repository: Repository, needed: Needed, { nowMs, graceMs }: { nowMs: number; graceMs: number }) {
  const sizes = await sizesBelow(repository, 'packs/', '')
  const trashSizes = await sizesBelow(repository, 'trash/packs/', 'trash/')
  const trashedNames = [...trashSizes.keys()].sort()
  const plan = planPacks(needed.inPacks, sizes)
  const back = new Set(needed.inTrash.packNames().map((name) => name.slice('trash/'.length)))
  const { movedMs, stale } = await readMoved(repository.objects, new Set(trashedNames))
  const isOld = (pack: string) => graceMs === 0 || (movedMs.has(pack) && nowMs - movedMs.get(pack)! >= graceMs)
  const unlinked = trashedNames.filter((pack) => !back.has(pack) && isOld(pack))
  return {
    sizes,
    trashSizes,
    plan,
    bytesToRewrite: plan.batches.reduce((sum, { neededBytes }) => sum + neededBytes, 0),
    broughtBack: [...back],
    unlinked,
    unnoted: trashedNames.filter((pack) => !movedMs.has(pack) && !back.has(pack) && graceMs !== 0),
    staleNotes: stale,
    keptTrashBytes: bytesIn(trashSizes) - bytesIn(trashSizes, [...unlinked, ...back]),
  }
}

/** Bytes of packs with their indexes; all of them when none are named. */
export function bytesIn(sizes: ReadonlyMap<string, PackSize>, packs: Iterable<string> = sizes.keys()): number {
  let sum = 0
  for (const pack of packs) sum += (sizes.get(pack)?.packBytes ?? 0) + (sizes.get(pack)?.indexBytes ?? 0)
  return sum
}

/** Packs below a prefix, by their names in `packs/`. */
async function sizesBelow(repository: Repository, prefix: string, without: string): Promise<Map<string, PackSize>> {
  const sizes = new Map<string, PackSize>()
  const indexes = new Map<string, number>()
  for await (const { name, sizeBytes } of repository.storage.list(prefix)) {
    const own = name.slice(without.length)
    if (name.endsWith('.pack')) sizes.set(own, { packBytes: sizeBytes, indexBytes: 0 })
    else indexes.set(own, sizeBytes)
  }
  for (const [name, size] of sizes) size.indexBytes = indexes.get(indexNameOf(name)) ?? 0
  return sizes
}

/** The figures of a state, as they will be at the end. */
export function figuresOf(state: PruneState, graceMs: number): PruneFigures {
  const { plan, sizes, trashSizes, needed, unlinked } = state
  const names = needed.inPacks.index.packNames
  const repacked = plan.batches.flatMap(({ packs }) => packs.map((at) => names[at]!))
  const [deadBytes, repackBytes, repackedBytes] = [bytesIn(sizes, plan.dead), bytesIn(sizes, repacked), state.bytesToRewrite]
  const isNow = graceMs === 0
  return {
    expired: state.expired,
    packBytes: bytesIn(sizes),
    neededBytes: needed.inPacks.bytes + needed.inTrash.bytes,
    deadPacks: plan.dead.length,
    deadBytes,
    repackPacks: repacked.length,
    repackBytes,
    repackedBytes,
    trashPacks: trashSizes.size,
    trashBytes: bytesIn(trashSizes),
    unlinkPacks: unlinked.length + (isNow ? plan.dead.length + repacked.length : 0),
    reclaimedBytes: state.expiredBytes + bytesIn(trashSizes, unlinked) + (isNow ? deadBytes + repackBytes - repackedBytes : 0),
    waitingBytes: state.keptTrashBytes + (isNow ? 0 : deadBytes + repackBytes),
    broughtBack: state.broughtBack.length,
  }
}
