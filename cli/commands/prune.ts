import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import type { PruneReport } from '#lib/contracts/trash.ts'
import { planPruneOf, pruneRepositories } from '#lib/services/repository/prune-repository.ts'
import { pruneRests } from '#lib/services/schedule/prune-schedule.ts'
import { prepareCatalog } from '../named.ts'
import { jobOf, waitMsOf } from '../options.ts'
import type { Output } from '../output.ts'
import type { Run } from '../program.ts'

/** `prune [--grace DAYS] [--dry-run] [--repository DIR]` */
export async function prune(run: Run, _args: string[], options: Record<string, unknown>): Promise<void> {
  const { ctx, out, signal } = run
  const rests = options.bySchedule === true ? pruneRests(ctx) : null
  if (rests !== null) {
    out.event({ type: 'result', rests })
    return out.warn('warning', `Nothing was pruned. ${rests}`)
  }
  await prepareCatalog(run)
  const input = {
    ...(options.grace === undefined ? {} : { graceDays: daysOf(options.grace) }),
    ...(options.repository === undefined ? {} : { repositoryPath: resolve(String(options.repository)) }),
    signal,
  }
  const reports =
    options.dryRun === true
      ? await planPruneOf(ctx, input)
      : (
          await pruneRepositories(ctx, {
            ...input,
            waitMs: waitMsOf(options),
            ...jobOf(run, options),
          })
        ).result
  const sum = (of: (report: PruneReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  out.event({
    type: 'result',
    ...(reports[0] ?? {}),
    reclaimedBytes: sum(({ reclaimedBytes }) => reclaimedBytes),
    waitingBytes: sum(({ waitingBytes }) => waitingBytes),
    repositories: reports,
  })
  for (const report of reports) print(out, report)
}

/** Days, also parts of one. */
function daysOf(value: unknown): number {
  const days = Number(value)
  if (String(value).trim() !== '' && Number.isFinite(days) && days >= 0 && days <= 36_500) return days
  throw new AppError('usage', {
    message: `--grace is “${String(value)}”; a number of days from 0 is expected.`,
    hint: 'Nothing was changed.',
  })
}

function print(out: Output, report: PruneReport): void {
  const { repositoryPath, expired, packBytes, neededBytes, isDryRun, durationMs } = report
  out.said(`${out.color.bold(repositoryPath)}  ${formatBytes(packBytes)} in packs, ${formatBytes(neededBytes)} of it needed`)
  const will = isDryRun ? 'would be ' : ''
  if (expired.length > 0)
    out.said(`${expired.length === 1 ? '1 archive' : `${expired.length} archives`} ${will}taken out of the trash for good`)
  if (report.deadPacks > 0) out.said(`${packsText(report.deadPacks)} without anything needed, ${formatBytes(report.deadBytes)}`)
  if (report.repackPacks > 0)
    out.said(
      `${packsText(report.repackPacks)} ${will}written again: ${formatBytes(report.repackBytes)} → ${formatBytes(report.repackedBytes)}`,
    )
  if (report.broughtBack > 0) out.said(`${packsText(report.broughtBack)} ${will}brought back from the trash: archives need them`)
  const waiting = report.waitingBytes > 0 ? `; ${formatBytes(report.waitingBytes)} in the trash, free after ${report.graceDays} days` : ''
  out.said(`${formatBytes(report.reclaimedBytes)} ${will}freed${waiting}${isDryRun ? '' : `; ${formatDuration(durationMs)}`}`)
}

const packsText = (count: number) => (count === 1 ? '1 pack' : `${count} packs`)
