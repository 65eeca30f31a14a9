/** A copy beside its host, as of one sync: what lies where, which archives are to be there, and what of them is missing. */

import { isAppError, toAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Finding } from '../finding.ts'
import { readRevoked } from '../repository/key-slots.ts'
import { type Manifest, manifestName } from '../repository/manifest.ts'
import { indexNameOf } from '../repository/pack.ts'
import type { Repository } from '../repository/repository.ts'
import type { Storage } from '../storage/storage.ts'
import { ArchivesOfBoth } from './archives-of-both.ts'
import { wrongSizes } from './check-copy.ts'
import { copyView } from './copy-view.ts'
import { isDamage, nullIfDamage } from './is-damage.ts'
import { NeededPacks } from './needed-packs.ts'
import { archiveOfManifest, archivesIn, COPIED_FOLDERS, HEAD_OBJECTS, isPack, type Listing, OWNER_NAME } from './object-names.ts'
import type { SourceTrouble } from './pack-sources.ts'
import { type PutStep, planSync, type SyncPlan } from './plan-sync.ts'
import type { ArchiveOnCopy, SyncInput } from './replica-types.ts'
import type { RetainInput } from './retain-copy.ts'

/** What is heard of while a plan is made. */
export interface OnPlan {
  archive: (done: number, total: number, id: ArchiveId) => void
  /** A pack that is not on the copy, and that an archive needs there. */
  needed?: (step: PutStep) => void
}

export class CopyState {
  /** What the copy has; follows what is written and taken away. */
  readonly listing: Listing = new Map()
  readonly damaged = new Set<string>()
  /** Objects of the host by their names on the copy. */
  onHost = new Map<string, { from: string; sizeBytes: number }>()
  /** Archives that cannot be completed, and why. */
  readonly incomplete = new Map<ArchiveId, string>()
  /** Objects that were there by our doing and are gone. */
  vanished: string[] = []
  raw!: Repository
  private view!: Repository
  private readonly input: SyncInput
  private readonly unusable = new Set<string>()
  private readonly refused: string[] = []
  private readonly both: ArchivesOfBoth

  constructor(input: SyncInput) {
    this.input = input
    this.both = new ArchivesOfBoth(input)
  }

  /** The copy, read through the host where it can be. */
  get copy(): Repository {
    return this.view
  }

  isListed(id: ArchiveId): boolean {
    return this.listing.has(manifestName(id))
  }

  /** Lists both sides of a place whose head is being written; false when something else lies there, which has to be looked at first. */
  async lookAtFresh(): Promise<boolean> {
    const [found] = await Promise.all([this.namesThere(), this.lookAtHost()])
    if (found.some(({ name }) => name !== OWNER_NAME)) return false
    for (const name of HEAD_OBJECTS) {
      const head = this.onHost.get(name)
      if (head) this.listing.set(name, head.sizeBytes)
    }
    await this.refreshView()
    this.raw = this.view
    return true
  }

  /** Lists both sides. */
  async look(): Promise<void> {
    const { place, memory } = this.input
    this.listing.clear()
    const [found, heads] = await Promise.all([this.namesThere(), Promise.all(HEAD_OBJECTS.map((name) => place.stat(name)))])
    for (const { name, sizeBytes } of found) this.listing.set(name, sizeBytes)
    for (const [i, info] of heads.entries()) if (info) this.listing.set(HEAD_OBJECTS[i]!, info.sizeBytes)
    await this.lookAtHost()
    for (const name of memory.going) delete memory.objects[name]
    if (memory.going.length > 0) memory.sweepDue = true
    memory.going = []
    this.vanished = Object.keys(memory.objects).filter((name) => !this.listing.has(name))
    for (const name of this.vanished) delete memory.objects[name]
    this.remember()
    for (const name of wrongSizes({ listing: this.listing, memory, onHost: this.onHost })) this.damaged.add(name)
    if (this.vanished.length > 0 || this.damaged.size > 0) memory.isComplete = false
    this.raw = await this.input.open(place).catch((error: unknown) => this.input.open(this.headFromHost(error)))
    await this.refreshView()
  }

  /** What lies there counts as ours from now on. */
  remember(): void {
    const { objects } = this.input.memory
    for (const [name, sizeBytes] of this.listing)
      if (name !== OWNER_NAME) objects[name] ??= { sizeBytes, checkedAtMs: 0, sha256: null, lockedUntilMs: null }
  }

  /** All folders at once: a store may be far away. */
  private async namesThere(): Promise<{ name: string; sizeBytes: number }[]> {
    return (await Promise.all(COPIED_FOLDERS.map((folder) => namesIn(this.input.place, folder)))).flat()
  }

  /** A place that has no head yet, as before the first sync, opens with the host's. */
  private headFromHost(error: unknown) {
    if (!isAppError(error) || error.code !== 'repository_missing') throw error
    return this.viewStorage()
  }

  private async lookAtHost(): Promise<void> {
    const { storage } = this.input.host
    const found = new Map<string, { from: string; sizeBytes: number }>()
    for await (const { name, sizeBytes } of storage.list('trash/packs/')) found.set(name.slice('trash/'.length), { from: name, sizeBytes })
    for (const folder of COPIED_FOLDERS)
      for await (const { name, sizeBytes } of storage.list(folder)) if (name !== OWNER_NAME) found.set(name, { from: name, sizeBytes })
    for (const name of HEAD_OBJECTS) {
      const info = await storage.stat(name)
      if (info) found.set(name, { from: name, sizeBytes: info.sizeBytes })
    }
    this.onHost = found
  }

  setDamaged(name: string): void {
    this.damaged.add(name)
    this.input.memory.isComplete = false
  }

  /** Opens the view anew, after packs came or went. */
  async refreshView(): Promise<void> {
    this.view = await this.input.open(this.viewStorage())
  }

  private viewStorage() {
    const { place, host } = this.input
    const view = copyView({ place, host: host.storage, listing: this.listing, damaged: this.damaged, onHost: this.onHost })
    return { ...view, get: (name: string) => (name.includes('/') ? view.get(name) : host.storage.get(name)) }
  }

  noteThere(name: string, sizeBytes: number): void {
    this.listing.set(name, sizeBytes)
    this.damaged.delete(name)
  }

  /** What to write now. Reads archives that are not on the copy, and all of them when something there is missing or damaged. */
  async plan(on: OnPlan): Promise<SyncPlan> {
    const { host, signal } = this.input
    await this.refreshView()
    this.incomplete.clear()
    await this.both.decide({ onHost: this.onHost, listing: this.listing, copy: this.view, incomplete: this.incomplete })
    const onNeeded = (pack: string) => {
      const source = this.onHost.get(pack)
      if (source && !this.listing.has(pack)) on.needed?.({ name: pack, ...source, replaces: false })
    }
    const needed = await NeededPacks.load({ host, copy: this.view, unusable: this.unusable, onNeeded, signal })
    const there = new Set(archivesIn(this.listing).filter((id) => !this.damaged.has(manifestName(id))))
    const lacking = await this.lackingThere(there, needed, on)
    const wanted: { archiveId: ArchiveId; packs: string[] }[] = []
    const newest = this.both.ids.filter((id) => this.both.isKept(id) && !there.has(id))
    for (const [done, archiveId] of newest.entries()) {
      on.archive(done, newest.length, archiveId)
      throwIfCancelled(signal)
      const manifest = await this.manifestOnHost(archiveId)
      if (manifest === null) continue
      const { packs, lost } = await needed.lackingOf(manifest)
      if (lost.length === 0) wanted.push({ archiveId, packs })
      else this.incomplete.set(archiveId, `${framesText(lost.length)} of it are in no pack of this host`)
    }
    const staying = this.both.ids.filter((id) => there.has(id) && this.both.isKept(id))
    const revoked = await readRevoked(host)
    return planSync({ onHost: this.onHost, copy: this.listing, damaged: this.damaged, wanted, staying, lacking, revoked })
  }

  /**
   * Packs that archives on the copy lack. As long as nothing went missing or bad, what was complete at the end of the last sync still is; then the newest
   * few archives only say which sections need not be looked at again.
   */
  private async lackingThere(there: ReadonlySet<ArchiveId>, needed: NeededPacks, on: OnPlan): Promise<string[]> {
    const packs = new Set<string>()
    const isComplete = this.input.memory.isComplete
    const looked = isComplete ? this.both.ids.filter((id) => there.has(id)).slice(0, TRUSTED) : [...there]
    for (const [done, id] of looked.entries()) {
      on.archive(done, looked.length, id)
      throwIfCancelled(this.input.signal)
      const manifest = await this.view.readManifest(id).catch(nullIfDamage)
      if (manifest === null) this.setDamaged(manifestName(id))
      else if (isComplete) needed.trust(manifest)
      else {
        const lack = await needed.lackingOf(manifest)
        for (const pack of lack.packs) packs.add(pack)
        if (lack.lost.length > 0) this.incomplete.set(id, `${framesText(lack.lost.length)} of it are on neither side`)
      }
    }
    for (const name of this.damaged) {
      const id = archiveOfManifest(name)
      if (id !== null && !this.onHost.has(name)) this.incomplete.set(id, 'its manifest there is damaged, and the host has it no more')
    }
    return [...packs]
  }

  /** A manifest that the host lists; null for one that is not there any more, or cannot be read. */
  private async manifestOnHost(id: ArchiveId): Promise<Manifest | null> {
    if (!this.onHost.has(manifestName(id))) return null
    try {
      return await this.input.host.readManifest(id)
    } catch (error) {
      if (!isDamage(error)) throw error
      this.incomplete.set(id, toAppError(error).message)
      return null
    }
  }

  /** A pack of the host that could not be copied: looked for anew when it moved, left out when it is damaged. */
  async noteTrouble({ pack, isDamaged }: SourceTrouble, findings: Finding[]): Promise<void> {
    if (isDamaged) {
      this.unusable.add(pack)
      findings.push({
        ...{ severity: 'error', code: 'repository_damaged', path: pack },
        message: `${pack} of this host is damaged and was not copied. Heal the repository, then sync again.`,
      })
    }
    this.input.host.dropIndex()
    await this.lookAtHost()
  }

  /**
   * Packs that are damaged on the copy and that the host has under another name go out of the way: readers take a frame from the first pack that claims it.
   * They stay as evidence, and what is whole in them can still be rescued.
   */
  async setAside(findings: Finding[]): Promise<void> {
    const { place, memory, clock } = this.input
    const stamp = new Date(clock.realNowMs()).toISOString().replace(/[^0-9TZ]/g, '')
    for (const pack of [...this.damaged].filter((name) => isPack(name) && this.listing.has(name))) {
      for (const name of [indexNameOf(pack), pack].filter((name) => this.listing.has(name))) {
        try {
          memory.going = [name]
          await place.move(name, `damaged/${stamp}/${name}`)
          this.listing.delete(name)
          delete memory.objects[name]
        } catch (error) {
          if (!isAppError(error) || error.code === 'cancelled') throw error
          findings.push({
            severity: 'error',
            code: 'replica_damaged',
            path: name,
            message: `It is damaged on the copy and stays in the way: ${error.message}`,
          })
        }
      }
      this.damaged.delete(pack)
    }
    memory.going = []
  }

  /** Archives that are on the copy and that its policy does not keep. */
  goingFromCopy(): ArchiveId[] {
    return this.both.ids.filter((id) => !this.both.isKept(id) && this.isListed(id))
  }

  /** Does something with what the deletion of objects needs. */
  removable<T>(work: (retain: RetainInput) => Promise<T>): Promise<T> {
    const { place, memory, saveMemory, undos, clock, signal } = this.input
    return work({
      place,
      copy: this.view,
      listing: this.listing,
      memory,
      saveMemory,
      undos,
      nowMs: clock.nowMs(),
      refused: this.refused,
      signal,
    })
  }

  /** Objects whose locks have to last: all of the copy but what its policy lets go of, and copies of the console, of which a newer one follows. */
  async neededNames(): Promise<string[]> {
    const going = new Set(this.goingFromCopy())
    const isOfGoing = (name: string) => [...going].some((id) => name.includes(id))
    return [...this.listing.keys()].filter((name) => !name.startsWith('system/') && (going.size === 0 || !isOfGoing(name)))
  }

  /** Where each archive of the workspace stands, newest first. */
  archives(forgotten: readonly ArchiveId[]): ArchiveOnCopy[] {
    const { memory } = this.input
    return this.both.ids
      .filter((id) => !forgotten.includes(id))
      .map((archiveId) => {
        const isThere = this.isListed(archiveId)
        const keep = this.both.isKept(archiveId)
        const until = isThere ? (memory.objects[manifestName(archiveId)]?.lockedUntilMs ?? null) : null
        return {
          archiveId,
          createdAt: this.both.createdAt(archiveId),
          state: this.incomplete.has(archiveId) ? 'incomplete' : isThere ? 'copied' : keep ? 'waiting' : 'not-kept',
          isOnHost: this.onHost.has(manifestName(archiveId)),
          lockedUntil: until === null ? null : new Date(until).toISOString(),
        }
      })
  }

  findings(): Finding[] {
    const kept: Finding[] = this.refused.slice(0, 1).map((name) => ({
      ...{ severity: 'info', code: 'replica_keeps', path: name },
      message: 'The place does not let go of what its policy would take off: its keys may not delete, or a lock holds it. It stays.',
    }))
    const incomplete = [...this.incomplete].map(([id, why]) => ({
      ...{ severity: 'error' as const, code: 'replica_incomplete', path: id },
      message: `${id} is not whole on the copy: ${why}.`,
    }))
    return [...incomplete, ...kept]
  }
}

async function namesIn(place: Storage, folder: string): Promise<{ name: string; sizeBytes: number }[]> {
  const found = []
  for await (const object of place.list(folder)) found.push(object)
  return found
}

/** So many archives of the copy stand for the sections that new ones share with older ones. */
const TRUSTED = 3

const framesText = (count: number) => (count === 1 ? 'parts (1 frame)' : `parts (${count} frames)`)
