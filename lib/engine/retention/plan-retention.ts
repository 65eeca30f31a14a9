/**
 * The retention plan: a pure function of archives with their facts, a policy and a moment. The same for a preview, a proposal and its execution.
 *
 * - Windows are anchored at the newest whole archive dated at or before now: a host that is dead does not age out its own history.
 * - An archive dated ahead of the clock is never the anchor and takes no other's place; more than a day ahead, retention rests until it is accepted.
 * - Applying a plan and planning again keeps the same archives.
 */
import { createHash } from 'node:crypto'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveKind } from '../repository/manifest.ts'
import { type ArchiveFacts, byNewest, isWhole } from './archive-facts.ts'
import { assertPolicy, type RetentionPolicy } from './policy.ts'
import { type Rest, type Roles, restsOf, rolesOf, type VetoCode, vetoesOf } from './vetoes.ts'
import { judgeByWindows, type Slot, type WindowVerdict } from './windows.ts'
import { ZonedCalendar } from './zone.ts'

export interface PlannedArchive {
  archiveId: ArchiveId
  kind: ArchiveKind
  createdAtMs: number
  keep: boolean
  /** Why it stays, or why it goes; never empty. */
  reasons: string[]
  /** Windows that keep it. */
  slots: Slot[]
  /** What keeps it whatever the policy. */
  vetoes: VetoCode[]
}

export interface RetentionPlan {
  /** Newest first. */
  archives: PlannedArchive[]
  /** Where the windows start; null without whole archives up to now: then all stay. */
  anchorId: ArchiveId | null
  /** Why nothing goes at all; empty = retention works. */
  rests: Rest[]
  keepCount: number
  forgetCount: number
  /** More than half of the workspace would go. */
  needsConfirmation: boolean
  /** SHA-256 of policy, zone and the decision about each archive: which, not why. */
  digest: string
}

export interface PlanInput {
  workspaceId: string
  archives: readonly ArchiveFacts[]
  policy: RetentionPolicy
  timeZone: string
  nowMs: number
}

/** Decides on each archive of a workspace. Throws `invalid_input` for a policy that cannot be meant. */
export function planRetention(input: PlanInput): RetentionPlan {
  const decided = decideRetention(input)
  return { ...decided, digest: digestOf(input, decided.archives) }
}

/** The same without a digest, for who asks again and again. */
export function decideRetention({ archives: given, policy, timeZone, nowMs }: PlanInput): Omit<RetentionPlan, 'digest'> {
  assertPolicy(policy, timeZone)
  const archives = given.toSorted(byNewest)
  const roles = rolesOf(archives, nowMs)
  const rests = restsOf(archives, roles, nowMs)
  const ruled = judgeByPolicy(archives, roles, { policy, calendar: ZonedCalendar.of(timeZone), nowMs })
  const planned = archives.map((archive): PlannedArchive => {
    const { id: archiveId, kind, createdAtMs } = archive
    const vetoes = vetoesOf(archive, roles, nowMs)
    const { slots, reasons, stays } = ruled(archive)
    const head = { archiveId, kind, createdAtMs, slots, vetoes: vetoes.map(({ code }) => code) }
    const kept = [...vetoes.map(({ reason }) => reason), ...(stays ? reasons : [])]
    if (kept.length > 0) return { ...head, keep: true, reasons: kept }
    if (rests.length === 0) return { ...head, keep: false, reasons }
    return { ...head, keep: true, reasons: [`retention rests until ${rests[0]!.archiveId} is accepted`] }
  })
  const forgetCount = planned.filter(({ keep }) => !keep).length
  return {
    archives: planned,
    anchorId: roles.anchor?.id ?? null,
    rests,
    keepCount: planned.length - forgetCount,
    forgetCount,
    needsConfirmation: forgetCount * 2 > planned.length,
  }
}

interface Rules {
  policy: RetentionPolicy
  calendar: ZonedCalendar
  nowMs: number
}

/** What the policy alone says of each archive. */
function judgeByPolicy(
  archives: readonly ArchiveFacts[],
  { anchor }: Roles,
  { policy, calendar, nowMs }: Rules,
): (archive: ArchiveFacts) => WindowVerdict & { stays: boolean } {
  if (anchor === null) return () => ({ slots: [], reasons: ['no whole archive to reckon from'], stays: true })
  const inWindows = archives.filter((archive) => isWhole(archive) && archive.createdAtMs <= nowMs)
  const verdicts = judgeByWindows(inWindows, policy, anchor.createdAtMs, calendar)
  const othersAfterMs = calendar.add(anchor.createdAtMs, { days: -policy.otherDays })
  const anchorDay = calendar.periodsOf(anchor.createdAtMs).day
  return (archive) => {
    const verdict = verdicts.get(archive.id) ?? judgeOther(archive)
    const always = alwaysKept(archive, policy)
    const stays = verdict.slots.length > 0 || always.length > 0 || (!isWhole(archive) && archive.createdAtMs > othersAfterMs)
    return {
      slots: verdict.slots,
      reasons: [...always, ...(always.length > 0 && verdict.slots.length === 0 ? [] : verdict.reasons)],
      stays,
    }
  }
  function judgeOther({ kind, createdAtMs }: ArchiveFacts): WindowVerdict {
    if (createdAtMs > nowMs) return { slots: [], reasons: [] }
    const nth = Math.max(1, anchorDay - calendar.periodsOf(createdAtMs).day + 1)
    const isWithin = createdAtMs > othersAfterMs
    const reason = isWithin
      ? `${kind}, day ${Math.min(nth, policy.otherDays)} of ${policy.otherDays}`
      : `${kind}, day ${nth} of ${policy.otherDays}`
    return { slots: [], reasons: [reason] }
  }
}

function alwaysKept({ kind, note }: ArchiveFacts, { keepKinds, keepNotes }: RetentionPolicy): string[] {
  const word = note === null ? undefined : keepNotes.find((one) => note.toLowerCase().includes(one.toLowerCase()))
  return [...(keepKinds.includes(kind) ? [`every ${kind} stays`] : []), ...(word === undefined ? [] : [`note holds “${word}”`])]
}

function digestOf(
  { workspaceId, policy, timeZone }: Pick<PlanInput, 'workspaceId' | 'policy' | 'timeZone'>,
  planned: PlannedArchive[],
): string {
  const terms = Object.entries(policy).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const hash = createHash('sha256').update(`orchive retention 1\n${workspaceId}\n${timeZone}\n${JSON.stringify(terms)}\n`)
  for (const { archiveId, keep } of planned) hash.update(`${archiveId} ${keep ? 'keep' : 'forget'}\n`)
  return hash.digest('hex')
}
