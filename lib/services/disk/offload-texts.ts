/** What the steps of the runbook “disk pressure” say of themselves. */
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { DiskReport, OffloadPlan } from '#lib/contracts/disk.ts'

export const OFFLOAD_STEPS = [
  { id: 'inspect', title: 'Look at the disk' },
  { id: 'plan', title: 'Choose what may leave' },
  { id: 'archive', title: 'Archive these files together, and hold the archive' },
  { id: 'verify', title: 'Read the archive back, every byte' },
  { id: 'delete', title: 'Delete the files that are still as they were archived' },
  { id: 're-check', title: 'Measure the free space again' },
] as const

export const filesText = (count: number) => `${formatCount(count)} ${count === 1 ? 'file' : 'files'}`

/** Free space and what takes it. */
export function inspectText({ fileSystems, areas }: DiskReport): string {
  const disks = fileSystems.map(
    ({ mountPath, freeBytes, totalBytes, daysUntilFull }) =>
      `${mountPath}: ${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free${daysUntilFull === null ? '' : `, full in about ${formatCount(Math.floor(daysUntilFull))} days`}`,
  )
  const shown = areas.filter(({ role, bytes }) => role !== 'other' && bytes !== null)
  return [...disks, shown.map(({ label, bytes }) => `${label} ${formatBytes(bytes)}`).join(', ')].filter(Boolean).join('; ')
}

export function planText({ totals, items }: OffloadPlan): string {
  if (totals.files === 0) return 'Nothing may leave by this policy.'
  const parts = items.filter(({ leavesFiles }) => leavesFiles > 0)
  const by = parts
    .map(({ label, leavesFiles, leavesBytes }) => `${label} ${filesText(leavesFiles)}, ${formatBytes(leavesBytes)}`)
    .join('; ')
  const only = totals.onlyCopyFiles === 0 ? '' : ` ${filesText(totals.onlyCopyFiles)} of them are in no archive at L3 or better yet.`
  return `${by}.${only}`
}

/** What each step would do. */
export function plannedTexts({ totals, repository, space }: OffloadPlan): Record<'archive' | 'verify' | 'delete' | 're-check', string> {
  const after = space.map(
    ({ mountPath, freeBytes, freeAfterBytes }) => `${mountPath} ${formatBytes(freeBytes)} → ${formatBytes(freeAfterBytes)}`,
  )
  return {
    archive: `At most ${formatBytes(repository.neededBytes)} in ${repository.path} (${formatBytes(repository.freeBytes)} free), held until a lead releases it.`,
    verify: 'Nothing is deleted before this passes.',
    delete: `${filesText(totals.files)}, ${formatBytes(totals.bytes)}. A file that changed or was opened meanwhile is left alone.`,
    're-check': after.length === 0 ? 'Nothing to measure.' : `Free now and after: ${after.join('; ')}.`,
  }
}
