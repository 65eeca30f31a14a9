import { formatMoment } from '#lib/base/moment-text.ts'
import type { ArchiveSummary, Rung } from '#lib/contracts/archive.ts'
import type { DrillReport } from '#lib/contracts/drill.ts'
import type { Evidence } from '#lib/contracts/evidence.ts'
import type { CalendarDay } from '#lib/contracts/overview.ts'
import { AGEING_MS } from '../verify/due-order.ts'

/** A workspace that was not drilled for this long has a gap. */
const DRILL_GAP_MS = 35 * 86_400_000
/** So many runs of missed days are named. */
const NAMED_RUNS = 5

type DrillFact = Pick<DrillReport, 'verdict' | 'finishedAt' | 'archiveId'>

export interface GapFacts {
  newest: (ArchiveSummary & { rungs: readonly Rung[] }) | null
  lastGood: ArchiveSummary | null
  /** Newest first. */
  drills: readonly DrillFact[]
  days: readonly CalendarDay[]
}

type Gaps = Evidence['gaps']

/** What the evidence of a workspace lacks, the worst first, each with what mends it. */
export function gapsOf({ newest, lastGood, drills, days }: GapFacts, nowMs: number): Gaps {
  if (newest === null) return [{ code: 'no-archive', since: null, message: 'No archive has been taken. Take the first backup.' }]
  return [...proofGaps(newest, lastGood, nowMs), ...drillGaps(drills, nowMs), ...missedDays(days), ...uncovered(newest)]
}

function proofGaps(newest: NonNullable<GapFacts['newest']>, lastGood: ArchiveSummary | null, nowMs: number): Gaps {
  const gaps: Gaps = []
  if (lastGood?.id !== newest.id) {
    const taken = formatMoment(Date.parse(newest.createdAt), nowMs)
    const failed = newest.rungs.find(({ level, passed }) => level <= 3 && !passed)
    const why = failed?.findings.find(({ severity }) => severity === 'error')?.message ?? ''
    const message = failed
      ? `The newest archive (${taken}) stopped at L${failed.level}${why === '' ? '.' : `: ${why}`}`
      : `The newest archive (${taken}) is not proven at L3. Run verify at level content.`
    gaps.push({ code: 'not-proven', since: newest.createdAt, message })
  }
  const lapses = lastGood?.gradeExpiresAt
  if (lapses && Date.parse(lapses) - nowMs <= AGEING_MS) {
    gaps.push({ code: 'lapsing', since: null, message: `The proof of the newest known good archive lapses on ${lapses}. Verify again.` })
  }
  return gaps
}

function drillGaps(drills: readonly DrillFact[], nowMs: number): Gaps {
  const passed = drills.find(({ verdict }) => verdict === 'passed')
  const [newest] = drills
  const gaps: Gaps = []
  if (newest?.verdict === 'archive-bad') {
    gaps.push({
      code: 'drill-failed',
      since: newest.finishedAt,
      message: `The newest drill found ${newest.archiveId} bad. See its report.`,
    })
  }
  if (newest?.verdict === 'environment-broke') {
    const message = 'The newest drill could not be carried out. This says nothing about the archive. See its report.'
    gaps.push({ code: 'drill-failed', since: newest.finishedAt, message })
  }
  if (!passed) gaps.push({ code: 'no-drill', since: null, message: 'No drill has passed yet. Drill the newest known good archive.' })
  else if (nowMs - Date.parse(passed.finishedAt) > DRILL_GAP_MS) {
    gaps.push({ code: 'no-drill', since: passed.finishedAt, message: `No drill has passed since ${passed.finishedAt}. Drill again.` })
  }
  return gaps
}

function missedDays(days: readonly CalendarDay[]): Gaps {
  const missed = days.filter(({ overdue }) => overdue)
  if (missed.length === 0) return []
  const runs = runsOf(missed.map(({ date }) => date))
  const named = runs
    .slice(-NAMED_RUNS)
    .map(({ from, to }) => (from === to ? from : `${from} to ${to}`))
    .join(', ')
  const count = missed.length === 1 ? 'On one day' : `On ${missed.length} days`
  const more = runs.length > NAMED_RUNS ? `, the last of them ${named}` : `: ${named}`
  return [{ code: 'missed-runs', since: null, message: `${count} of the last ${days.length} a scheduled backup did not happen${more}.` }]
}

/** Days that follow each other, as their first and last; in the order given. */
function runsOf(dates: readonly string[]): { from: string; to: string }[] {
  const runs: { from: string; to: string }[] = []
  for (const date of dates) {
    const last = runs.at(-1)
    if (last && Date.parse(date) - Date.parse(last.to) === 86_400_000) last.to = date
    else runs.push({ from: date, to: date })
  }
  return runs
}

function uncovered({ items }: ArchiveSummary): Gaps {
  return items.flatMap(({ key, label, kind }): Gaps => {
    if (kind !== 'missing' && kind !== 'not-covered') return []
    const why = kind === 'missing' ? 'it was missing when the newest archive was taken' : 'it is kept outside of files and folders'
    return [{ code: 'not-covered', since: null, message: `${label} (${key}) is in no archive: ${why}.` }]
  })
}
