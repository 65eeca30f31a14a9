/**
 * Prune: what no archive needs any more is taken away, in two steps. Invariants kept here:
 *
 * 1. What is needed is known before anything goes: every manifest, listed or in the trash, is read under the lease, and any that cannot be read, or needs a
 *    frame that no index knows, ends it (survey.ts), as does an archive that the catalog knows and the repository does not have. An archive in the trash
 *    needs its frames as a listed one does.
 * 2. Deleting runs the other way round than writing: catalog rows → manifest → marks, then packs. Of an archive that is going, nothing is listed before
 *    the first byte of it goes, and a crash leaves only what the next prune takes away.
 * 3. Packs are not deleted but moved, to trash/packs/. They are unlinked by a prune that finds them there longer than the days of grace and has read every
 *    manifest again; or brought back, where an archive needs them after all (a writer that stood still and then published).
 * 4. Frames that are still needed are durable in new packs before the old ones are moved.
 * 5. The lease is looked at before every step that takes something away, and let go between batches when another writer waits; after that everything is
 *    read anew.
 * 6. Manifests that go are gone, and packs that come back or are new are there, before the next step, whatever happens to the power. What nobody needs any
 *    more (dead packs, marks of archives that are gone) may be where it was, in the trash or gone after a power cut, as after a kill: it is made durable
 *    once, at the end, before anybody is told that it is done.
 * 7. Holds and what else keeps an archive keep it from being taken out of the trash, too (delete-vetoes.ts).
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '#lib/base/clock.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Lease } from '../repository/lease.ts'
import { trashedManifestName } from '../repository/manifest.ts'
import { noteNumberGiven } from '../repository/numbers-given.ts'
import type { Repository } from '../repository/repository.ts'
import { underLease } from '../repository/under-lease.ts'
import { bringBack, settlePacks, trashPack, unlinkPack } from './move-pack.ts'
import { noteMoved } from './moved-packs.ts'
import { bytesIn, figuresOf, lookAt, type PruneFigures, type PruneState } from './prune-state.ts'
import { repack } from './repack.ts'
import { addNeeds, nothingNeeded } from './survey.ts'
import { settleTrash } from './trash.ts'

export interface PruneProgress {
  phase: 'waiting' | 'reading archives' | 'taking away' | 'rewriting packs'
  done: number
  /** Null = not known. */
  total: number | null
  bytesDone: number
  bytesTotal: number | null
  current: string | null
}

export interface PruneInput {
  repository: Repository
  clock: Clock
  /** How long what was forgotten, or moved to the trash, stays there; 0 = take it away now. */
  graceMs: number
  journals: string | null
  /** Archives that somebody else knows, and knows not to be forgotten: where the repository has one of them nowhere, nothing is deleted. */
  expected?: () => readonly ArchiveId[]
  waitMs?: number
  signal?: AbortSignal | undefined
  onProgress?: ((progress: PruneProgress) => void) | undefined
  /** An archive whose marks decide otherwise than where its manifest lay, put right by now. */
  onSettled?: (id: ArchiveId) => Promise<void>
  /** Before anything of these archives goes: the catalog lets go of them. */
  onExpiring?: (ids: readonly ArchiveId[]) => Promise<void>
}

export type { PruneFigures } from './prune-state.ts'

/** What a prune would do now. Takes no lease and changes nothing. */
export async function planPrune(input: PruneInput): Promise<PruneFigures> {
  return figuresOf(await lookAt(input), input.graceMs)
}

/** Prunes. Safe to kill at any moment, and to run again. Throws `prune_refused`, `repository_locked`, `lease_lost`, `cancelled`. */
export async function runPrune(input: PruneInput): Promise<PruneFigures> {
  let sum: PruneFigures | null = null
  for (let waitMs = input.waitMs ?? 0; ; waitMs = PATIENCE_MS) {
    const pass = await onePass(input, waitMs)
    sum = sum === null ? pass.figures : added(sum, pass.figures)
    if (!pass.isWaitedFor) return sum
    input.onProgress?.({ ...NOTHING, phase: 'waiting', current: 'another writer' })
    // Longer than who waits sleeps between two looks at the lease.
    await delay(LET_PASS_MS, undefined, { signal: input.signal })
  }
}

const PATIENCE_MS = 86_400_000
const LET_PASS_MS = 1000
const NOTHING = { done: 0, total: null, bytesDone: 0, bytesTotal: null, current: null }

function onePass(input: PruneInput, waitMs: number): Promise<{ figures: PruneFigures; isWaitedFor: boolean }> {
  const { repository, clock, signal } = input
  const onWait = (holder: string) => input.onProgress?.({ ...NOTHING, phase: 'waiting', current: holder })
  return underLease(repository, { purpose: 'prune', clock, signal, waitMs, onWait }, (lease) =>
    new PrunePass(input, lease).run().finally(() => repository.dropIndex()),
  )
}

class PrunePass {
  private readonly input: PruneInput
  private readonly lease: Lease
  private readonly repository: Repository
  private reclaimedBytes = 0
  private waitingBytes = 0
  private rewrittenBytes = 0

  constructor(input: PruneInput, lease: Lease) {
    this.input = input
    this.lease = lease
    this.repository = input.repository
  }

  async run(): Promise<{ figures: PruneFigures; isWaitedFor: boolean }> {
    const { input, repository } = this
    for (const id of await settleTrash(repository)) await input.onSettled?.(id)
    await settlePacks(repository)
    repository.dropIndex()
    const state = await lookAt(input)
    const figures = figuresOf(state, input.graceMs)
    for (const pack of state.broughtBack) {
      await this.step()
      await bringBack(repository.storage, pack)
    }
    await this.expire(state)
    await this.moveAll(state, state.plan.dead)
    await this.unlinkOld(state)
    let isWaitedFor = false
    for (const batch of state.plan.batches) {
      if ((isWaitedFor = await this.lease.isWaitedFor())) break
      await this.rewrite(state, batch)
    }
    await this.tidy(state)
    await repository.storage.settle?.()
    return {
      figures: { ...figures, reclaimedBytes: this.reclaimedBytes, waitingBytes: state.keptTrashBytes + this.waitingBytes },
      isWaitedFor,
    }
  }

  /** Before whatever takes something away. */
  private async step(): Promise<void> {
    throwIfCancelled(this.input.signal)
    await this.lease.assertHeld()
  }

  /** Takes forgotten archives away for good. */
  private async expire({ expired, heads }: PruneState): Promise<void> {
    if (expired.length === 0) return
    const { objects, storage } = this.repository
    await this.step()
    await this.input.onExpiring?.(expired)
    for (const [done, id] of expired.entries()) {
      await this.step()
      this.tell('taking away', done, expired.length, id)
      const head = heads.find((archive) => archive.id === id)!
      if (!heads.some(({ series, seriesNumber }) => series === head.series && seriesNumber > head.seriesNumber))
        await noteNumberGiven(objects, head.series, head.seriesNumber)
      this.reclaimedBytes += (await storage.stat(trashedManifestName(id)))?.sizeBytes ?? 0
      await storage.remove(trashedManifestName(id))
      // Who took over while this one stood still right before may have taken the archive back: its marks are not ours then.
      await this.lease.assertHeld()
      await this.repository.removeMarks(id, { isLater: true })
    }
  }

  /** Moves packs to the trash; without grace, takes them away for good once every manifest was looked at again. */
  private async moveAll(state: PruneState, packs: readonly string[]): Promise<void> {
    if (packs.length === 0) return
    const { objects, storage } = this.repository
    await this.step()
    // What goes at once needs no note of since when it lies there.
    if (this.input.graceMs > 0) await noteMoved(objects, packs, new Date(this.input.clock.nowMs()).toISOString())
    for (const [done, pack] of packs.entries()) {
      await this.step()
      if (this.rewrittenBytes === 0) this.tell('taking away', done, packs.length, pack)
      await trashPack(storage, pack)
    }
    const unlinked = this.input.graceMs === 0 ? await this.stillDead(state, packs) : []
    for (const pack of unlinked) await this.unlink(pack, bytesIn(state.sizes, [pack]))
    const gone = new Set(unlinked)
    for (const pack of packs) if (!gone.has(pack)) this.waitingBytes += bytesIn(state.sizes, [pack])
  }

  private async unlink(pack: string, bytes: number): Promise<void> {
    await this.step()
    await unlinkPack(this.repository.storage, pack)
    this.reclaimedBytes += bytes
  }

  /** A writer that was taken for dead may have published since: what its archive needs comes back. */
  private async stillDead(state: PruneState, packs: readonly string[]): Promise<readonly string[]> {
    const { repository } = this
    const fresh = (await repository.listArchives()).filter((id) => !state.seen.has(id))
    if (fresh.length === 0) return packs
    repository.dropIndex()
    const needed = await nothingNeeded(repository)
    await addNeeds(repository, needed, fresh, { signal: this.input.signal })
    const back = new Set(needed.inTrash.packNames().map(nameOutside))
    for (const pack of back) await bringBack(repository.storage, pack)
    repository.dropIndex()
    return packs.filter((pack) => !back.has(pack))
  }

  private async unlinkOld(state: PruneState): Promise<void> {
    for (const [done, pack] of state.unlinked.entries()) {
      this.tell('taking away', done, state.unlinked.length, pack)
      await this.unlink(pack, bytesIn(state.trashSizes, [pack]))
    }
  }

  private async rewrite(state: PruneState, batch: PruneState['plan']['batches'][number]): Promise<void> {
    await this.step()
    const { needed, bytesToRewrite } = state
    const made = await repack({
      repository: this.repository,
      lease: this.lease,
      needed: needed.inPacks,
      packs: new Set(batch.packs),
      kind: batch.isMeta ? 'meta' : 'data',
      signal: this.input.signal,
      onBytes: (bytes) => {
        this.rewrittenBytes += bytes
        this.tell('rewriting packs', 0, null, null, this.rewrittenBytes, bytesToRewrite)
      },
    })
    // What came out as it went in stays.
    const kept = new Set(made.packs)
    await this.moveAll(
      state,
      batch.packs.map((at) => needed.inPacks.index.packNames[at]!).filter((pack) => !kept.has(pack)),
    )
    if (this.input.graceMs === 0) this.reclaimedBytes -= made.bytes
  }

  /** Packs in the trash without a note get one now; notes that are about nothing any more go. */
  private async tidy({ unnoted, staleNotes }: PruneState): Promise<void> {
    const { objects, storage } = this.repository
    if (unnoted.length > 0) await noteMoved(objects, unnoted, new Date(this.input.clock.nowMs()).toISOString())
    for (const note of staleNotes) await storage.remove(note, { isLater: true })
  }

  private tell(
    phase: PruneProgress['phase'],
    done: number,
    total: number | null,
    current: string | null,
    bytesDone = 0,
    bytesTotal: number | null = null,
  ): void {
    this.input.onProgress?.({ phase, done, total, bytesDone, bytesTotal, current })
  }
}

const nameOutside = (trashed: string) => trashed.slice('trash/'.length)

function added(a: PruneFigures, b: PruneFigures): PruneFigures {
  return {
    ...b,
    expired: [...a.expired, ...b.expired],
    deadPacks: a.deadPacks + b.deadPacks,
    deadBytes: a.deadBytes + b.deadBytes,
    unlinkPacks: a.unlinkPacks + b.unlinkPacks,
    reclaimedBytes: a.reclaimedBytes + b.reclaimedBytes,
    broughtBack: a.broughtBack + b.broughtBack,
  }
}
