import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { DiskReport, FileSystem, OffloadPlan, StaysReason } from '#lib/contracts/disk.ts'

/** The file system that the page is about: where files leave from, else the one that is full first. */
export function shownSystem(report: DiskReport, plan: OffloadPlan | null): FileSystem | null {
  const most = plan ? [...plan.space].sort((a, b) => b.leavesBytes - a.leavesBytes)[0] : undefined
  return report.fileSystems.find(({ device }) => device === most?.device) ?? report.fileSystems[0] ?? null
}

/** When the disk is full, and what the plan buys: two sentences. */
export function forecastOf(report: DiskReport | null, plan: OffloadPlan | null): [string, string] {
  const system = report && shownSystem(report, plan)
  if (!system) return ['Disk', '']
  const { mountPath, freeBytes, totalBytes, daysUntilFull, growthPerDayBytes } = system
  const space = plan?.space.find(({ device }) => device === system.device)
  const wonBytes = space ? space.leavesBytes - space.archiveBytes : 0
  const free = `${mountPath} has ${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free.`
  if (growthPerDayBytes === null) return [free, 'How fast it fills is not known yet.']
  if (daysUntilFull === null) return [free, 'It does not grow.']
  const bought = Math.floor(wonBytes / growthPerDayBytes)
  return [`${mountPath} fills in ${daysText(daysUntilFull)}.`, bought >= 1 ? `Offload buys ${daysText(bought)} more.` : '']
}

/** A line that is drawn this far says no more than that there is time. */
const FAR_YEARS = 5

function daysText(days: number): string {
  if (days < 1) return 'about a day'
  const years = Math.floor(days / 365)
  if (years >= FAR_YEARS) return `more than ${FAR_YEARS} years`
  return `about ${years >= 2 ? plural(years, 'year') : plural(Math.floor(days), 'day')}`
}

/** Why files stay. */
export const STAYS_WORDS: Record<StaysReason, string> = {
  young: 'not old enough',
  'recent-pack': 'packs that stay by this policy',
  fresh: 'written within the last 10 minutes',
  open: 'held open by a process',
  'several-names': 'have another hard link, so deleting frees nothing',
  'linked-to': 'a symlink beside them leads there',
  'named-by-config': 'another key of the config names them',
  empty: 'empty',
  'not-archived': 'not yet in enough archives at L3 or better',
}
