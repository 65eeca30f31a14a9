import { formatMoment } from '#lib/base/moment-text.ts'
import { formatAge } from '#lib/base/units.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'

/** Whether a workspace can be recovered, in words that stand for themselves on paper: to when, and on which proof that rests. */
export function verdictOf({ newest, lastGood }: { newest: ArchiveSummary | null; lastGood: ArchiveSummary | null }, nowMs: number): string {
  if (newest === null) return 'Nothing here can be restored yet. No archive has been taken.'
  if (lastGood === null) {
    const why = newest.suspect ? 'The newest archive is suspect.' : newest.grade === 0 ? 'The newest archive failed verification.' : ''
    return `No archive is proven to be restorable. ${why}`.trim()
  }
  const first = newest.id === lastGood.id ? '' : `${whyNotNewest(newest)} `
  return `${first}You can restore to ${formatMoment(Date.parse(lastGood.createdAt), nowMs)}. ${proofOf(lastGood, nowMs)}`
}

/** How old the proof is, how far it goes and until when it counts. */
function proofOf({ grade, gradedAt, gradeExpiresAt }: ArchiveSummary, nowMs: number): string {
  const at = Date.parse(gradedAt ?? '')
  const until = gradeExpiresAt === null ? '' : `; the proof lapses on ${formatMoment(Date.parse(gradeExpiresAt), nowMs)}`
  const age = nowMs - at < 60_000 ? 'just now' : `${formatAge(nowMs - at)} ago`
  return `Verified ${formatMoment(at, nowMs)}, ${age}, reached L${grade}${until}.`
}

function whyNotNewest(newest: ArchiveSummary): string {
  if (newest.suspect) return 'The newest archive is suspect.'
  if (newest.grade === 0) return 'The newest archive failed verification.'
  return newest.grade === null ? 'The newest archive is not proven yet.' : `The newest archive reached only L${newest.grade}.`
}
