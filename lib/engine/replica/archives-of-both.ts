/** The archives of a workspace on both sides, and what the copy's own policy says of each. */
import { toAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { manifestName } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { ArchiveFacts } from '../retention/archive-facts.ts'
import { type PlannedArchive, planRetention } from '../retention/plan-retention.ts'
import { factsFromMarks } from './archive-standing.ts'
import { isDamage, nullIfDamage } from './is-damage.ts'
import { archivesIn, type Listing } from './object-names.ts'
import type { RememberedHead } from './place-memory.ts'
import type { SyncInput } from './replica-types.ts'

export interface Sides {
  onHost: ReadonlyMap<string, unknown>
  listing: Listing
  /** The copy, read through the host where it can be. */
  copy: Repository
  /** Takes archives that cannot be judged: then nothing is taken off the copy. */
  incomplete: Map<ArchiveId, string>
}

export class ArchivesOfBoth {
  private readonly input: SyncInput
  private readonly heads = new Map<ArchiveId, RememberedHead>()
  private planned = new Map<ArchiveId, PlannedArchive>()

  constructor(input: SyncInput) {
    this.input = input
  }

  /** Applies the policy to what is there now, wherever it is. */
  async decide(sides: Sides): Promise<void> {
    const { workspaceId, policy, timeZone, undos, clock } = this.input
    const nowMs = clock.nowMs()
    const facts: ArchiveFacts[] = []
    for (const id of await this.readHeads(sides)) {
      const marks = await this.sideOf(sides, id).marksOf(id).catch(nullIfDamage)
      // Without its marks nobody knows what holds it.
      if (marks === null) sides.incomplete.set(id, 'its marks cannot be read')
      else facts.push(factsFromMarks(this.heads.get(id)!, marks, undos.reasons.get(id) ?? null, nowMs))
    }
    const plan = planRetention({ workspaceId, archives: facts, policy, timeZone, nowMs })
    this.planned = new Map(plan.archives.map((archive) => [archive.archiveId, archive]))
  }

  /** Archives of the workspace that could be judged, newest first. */
  get ids(): ArchiveId[] {
    return [...this.planned.keys()]
  }

  isKept(id: ArchiveId): boolean {
    return this.planned.get(id)?.keep !== false
  }

  createdAt(id: ArchiveId): string {
    return this.heads.get(id)!.createdAt
  }

  private sideOf({ onHost, copy }: Sides, id: ArchiveId): Repository {
    return onHost.has(manifestName(id)) ? this.input.host : copy
  }

  /** What was read once is remembered. */
  private async readHeads(sides: Sides): Promise<ArchiveId[]> {
    const { memory, workspaceId, signal } = this.input
    const onHost = archivesIn(new Map([...sides.onHost.keys()].map((name) => [name, 0])))
    const all = new Set([...onHost, ...archivesIn(sides.listing)])
    for (const id of all) {
      throwIfCancelled(signal)
      const known = memory.heads[id] ?? (await this.readHead(sides, id))
      if (known) this.heads.set(id, (memory.heads[id] = known))
    }
    for (const id of Object.keys(memory.heads) as ArchiveId[]) if (!all.has(id)) delete memory.heads[id]
    return [...all].filter((id) => this.heads.get(id)?.workspaceId === workspaceId)
  }

  private async readHead(sides: Sides, id: ArchiveId): Promise<RememberedHead | null> {
    try {
      const { workspaceId, workspaceName, series, seriesNumber, kind, createdAt, note } = await this.sideOf(sides, id).readManifest(id)
      return { id, workspaceId, workspaceName, series, seriesNumber, kind, createdAt, note }
    } catch (error) {
      if (!isDamage(error)) throw error
      sides.incomplete.set(id, toAppError(error).message)
      return null
    }
  }
}
