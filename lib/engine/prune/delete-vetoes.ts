/**
 * Who may not go. Invariant: holds, the last known-good archive, a newest archive that is suspect, safety archives of a restore that can be undone and
 * offload archives are refused here, in what deletes, and from marks and journals as they lie there now, never from SQLite.
 */
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { OpenUndos } from './open-undos.ts'
import { type Said, saidOf } from './said-of.ts'

/** What of a manifest decides. */
export type ArchiveHead = Pick<Manifest, 'id' | 'workspaceId' | 'workspaceName' | 'series' | 'seriesNumber' | 'kind' | 'createdAt'>

const isWhole = ({ kind }: ArchiveHead) => kind === 'backup' || kind === 'import'
const newestFirst = (a: ArchiveHead, b: ArchiveHead) => (a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id) ? 1 : -1)

/** Which archives of a workspace play a part. */
interface Roles {
  knownGood: readonly ArchiveId[]
  newest: ArchiveId | null
}

/** Why archives must stay that somebody wants to forget. */
export class Vetoes {
  private readonly repository: Repository
  private readonly listed: readonly ArchiveHead[]
  private readonly undos: OpenUndos
  private readonly nowMs: number
  private readonly roles = new Map<WorkspaceId, Promise<Roles>>()

  /** `listed`: every archive that is listed, those that are to go included. */
  constructor(repository: Repository, listed: readonly ArchiveHead[], undos: OpenUndos, nowMs: number) {
    this.repository = repository
    this.listed = listed
    this.undos = undos
    this.nowMs = nowMs
  }

  /** Every reason why an archive must not be forgotten; none = it may go. */
  async onForgetting(archive: ArchiveHead): Promise<string[]> {
    const said = await this.saidOf(archive.id)
    const reasons = this.onRemoving(archive, said)
    const { knownGood, newest } = await this.rolesOf(archive.workspaceId)
    if (knownGood.includes(archive.id)) reasons.push(`it is the last known-good archive of ${archive.workspaceName}`)
    if (archive.id === newest && said.suspect) reasons.push('it is the newest archive and suspect, until somebody accepts it')
    return reasons
  }

  /** The ones that also keep an archive that was forgotten from being taken away for good. */
  onRemoving(archive: ArchiveHead, { hold, released }: Said): string[] {
    const reasons: string[] = []
    const isHeld = hold !== null && !(hold.until !== null && Date.parse(hold.until) <= this.nowMs)
    if (isHeld) reasons.push(`${hold.actor} holds it${hold.until === null ? '' : ` until ${hold.until.slice(0, 10)}`}: ${hold.reason}`)
    if (archive.kind === 'offload' && !released)
      reasons.push('it may be the only copy of what was moved off the disk, and nobody released it')
    const undo = this.undos.reasons.get(archive.id)
    if (undo !== undefined) reasons.push(`it is ${undo}`)
    const [unreadable] = this.undos.unreadable
    if (archive.kind === 'safety' && unreadable !== undefined) reasons.push(`a restore may need it: ${unreadable} cannot be read`)
    return reasons
  }

  async saidOf(id: ArchiveId): Promise<Said> {
    return saidOf(await this.repository.marksOf(id))
  }

  private rolesOf(workspaceId: WorkspaceId) {
    let roles = this.roles.get(workspaceId)
    if (!roles) this.roles.set(workspaceId, (roles = this.findRoles(workspaceId)))
    return roles
  }

  /** The last known-good one; where every proof has lapsed by time alone, the newest that had one. Of archives dated ahead, one more is kept. */
  private async findRoles(workspaceId: WorkspaceId): Promise<Roles> {
    const whole = this.listed.filter((archive) => archive.workspaceId === workspaceId && isWhole(archive)).sort(newestFirst)
    const ahead = whole.filter(({ createdAt }) => Date.parse(createdAt) > this.nowMs)
    const past = whole.slice(ahead.length)
    const knownGood = [await this.findGood(past), await this.findGood(ahead)].filter((id) => id !== null)
    return { knownGood, newest: past[0]?.id ?? whole[0]?.id ?? null }
  }

  private async findGood(newestFirst: readonly ArchiveHead[]): Promise<ArchiveId | null> {
    let lapsed: ArchiveId | null = null
    for (const { id } of newestFirst) {
      const { suspect, knownGoodUntilMs } = await this.saidOf(id)
      if (suspect || knownGoodUntilMs === null) continue
      if (knownGoodUntilMs > this.nowMs) return id
      lapsed ??= id
    }
    return lapsed
  }
}
