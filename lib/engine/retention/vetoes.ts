/** What keeps an archive whatever the policy says. The delete primitive reads the same from marks and journals; this is the plan's view of it. */
import type { ArchiveId } from '#lib/base/ids.ts'
import { type ArchiveFacts, isWhole } from './archive-facts.ts'

export type VetoCode = 'held' | 'known-good' | 'drilled' | 'newest' | 'suspect' | 'safety' | 'offload' | 'ahead'

export interface Veto {
  code: VetoCode
  reason: string
}

/** Why retention rests altogether. */
export interface Rest {
  code: 'suspect-newest' | 'clock-suspect'
  archiveId: ArchiveId
  message: string
}

/** Further ahead than this, an archive was dated by a clock that was wrong. */
export const AHEAD_MS = 86_400_000

/** The archives of a workspace that play a part: by which windows are anchored, which must stay. Null = there is none. */
export interface Roles {
  /** The newest whole archive dated at or before now. */
  anchor: ArchiveFacts | null
  /** The newest whole one at L3 or better that is not suspect; where every proof has lapsed by time alone, the newest that had one. */
  knownGood: ArchiveFacts | null
  /** The newest whole one that a drill restored. */
  drilled: ArchiveFacts | null
}

/** Roles among archives, newest first. */
export function rolesOf(archives: readonly ArchiveFacts[], nowMs: number): Roles {
  const whole = archives.filter((archive) => isWhole(archive) && archive.createdAtMs <= nowMs)
  const proven = whole.filter(({ knownGoodUntilMs, suspect }) => !suspect && knownGoodUntilMs !== null)
  const knownGood = proven.find(({ knownGoodUntilMs }) => knownGoodUntilMs! > nowMs) ?? proven[0] ?? null
  const drilled = whole.find(({ grade, suspect }) => !suspect && grade === 5) ?? null
  return { anchor: whole[0] ?? null, knownGood, drilled }
}

/** What makes retention rest until a person looked: a suspect newest archive, one from the future. Newest first. */
export function restsOf(archives: readonly ArchiveFacts[], { anchor }: Roles, nowMs: number): Rest[] {
  const ahead = archives
    .filter((archive) => isClockSuspect(archive, nowMs))
    .map(({ id, createdAtMs }): Rest => {
      const message = `${id} is dated ${new Date(createdAtMs).toISOString()}, more than a day ahead of the clock: one of the two is wrong.`
      return { code: 'clock-suspect', archiveId: id, message }
    })
  if (!anchor?.suspect) return ahead
  return [...ahead, { code: 'suspect-newest', archiveId: anchor.id, message: `The newest archive, ${anchor.id}, is suspect.` }]
}

const isClockSuspect = ({ createdAtMs, accepted }: ArchiveFacts, nowMs: number) => createdAtMs > nowMs + AHEAD_MS && !accepted

/** Every veto on one archive. */
export function vetoesOf(archive: ArchiveFacts, { anchor, knownGood, drilled }: Roles, nowMs: number): Veto[] {
  const { id, kind, hold, neededBy, released, suspect, createdAtMs } = archive
  const vetoes: Veto[] = []
  if (hold && !(kind === 'offload' && !released)) {
    const until = hold.until === null ? '' : ` until ${hold.until.slice(0, 10)}`
    vetoes.push({ code: 'held', reason: `held by ${hold.actor}${until}: ${hold.reason}` })
  }
  if (kind === 'offload' && !released) vetoes.push({ code: 'offload', reason: 'offload, not released' })
  if (neededBy !== null) vetoes.push({ code: 'safety', reason: kind === 'safety' ? `safety, ${neededBy}` : neededBy })
  if (id === anchor?.id) vetoes.push(suspect ? { code: 'suspect', reason: 'suspect, newest' } : { code: 'newest', reason: 'newest' })
  if (id === knownGood?.id) vetoes.push({ code: 'known-good', reason: 'last known good' })
  if (id === drilled?.id) vetoes.push({ code: 'drilled', reason: 'newest that a drill restored' })
  if (createdAtMs > nowMs) {
    const reason = isClockSuspect(archive, nowMs) ? 'clock-suspect, dated more than a day ahead' : 'dated ahead of the clock'
    vetoes.push({ code: 'ahead', reason })
  }
  return vetoes
}
