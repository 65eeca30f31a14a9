import { resolve } from 'node:path'
import { formatCount, formatDuration } from '#lib/base/units.ts'
import type { HealReport } from '#lib/contracts/heal.ts'
import { healRepositories, planHeal } from '#lib/services/repository/heal-repositories.ts'
import { EXIT } from '../exit-codes.ts'
import { prepareCatalog } from '../named.ts'
import { jobOf, waitMsOf } from '../options.ts'
import type { Output } from '../output.ts'
import type { Run } from '../program.ts'

/** Paths of an archive that are printed; `--json` has more. */
const PATHS_SHOWN = 5

/** `repository heal [--from DIR]… [--repository DIR] [--dry-run]` */
export async function heal(run: Run, _args: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out, signal } = run
  await prepareCatalog(run)
  const input = {
    from: options.from as string[],
    ...(options.repository === undefined ? {} : { repositoryPath: resolve(String(options.repository)) }),
    signal,
  }
  const job = { waitMs: waitMsOf(options), ...jobOf(run, options) }
  const reports = options.dryRun === true ? await planHeal(ctx, input) : (await healRepositories(ctx, { ...input, ...job })).result
  out.event({ type: 'result', repositories: reports })
  for (const report of reports) print(out, report)
  const isLost = reports.some(({ stillLost, unreadable }) => stillLost + unreadable.length > 0)
  const isBad = reports.some(({ verified }) => verified?.repositoryFindings.some(({ severity }) => severity === 'error'))
  return isLost || isBad ? EXIT.warnings : EXIT.ok
}

const SOURCES: Record<keyof HealReport['found'], string> = {
  damagedPacks: 'in what is whole of damaged packs',
  otherRepositories: 'in other repositories',
  entries: 'made again from their entries',
  liveFiles: 'in live files',
}

function print(out: Output, report: HealReport): void {
  const { repositoryPath, damaged, lostFrames, stillLost, isDryRun, durationMs } = report
  out.said(
    `${out.color.bold(repositoryPath)}  ${damaged.length === 0 && lostFrames === 0 ? 'nothing is damaged' : of(damaged.length, 'damaged object')}`,
  )
  if (lostFrames > 0) {
    out.said(`${of(lostFrames, 'frame')} that archives need ${lostFrames === 1 ? 'was' : 'were'} in no whole pack:`)
    for (const [source, count] of Object.entries(report.found))
      if (count > 0)
        out.said(`  ${formatCount(count)} ${isDryRun ? 'can be found' : 'found'} ${SOURCES[source as keyof HealReport['found']]}`)
    if (stillLost > 0) out.said(`  ${formatCount(stillLost)} nobody has`)
  }
  if (report.putRight.length > 0) out.said(`${of(report.putRight.length, 'object')} ${isDryRun ? 'can be ' : ''}put right`)
  if (report.setAside.length > 0)
    out.said(`${of(report.setAside.length, 'damaged object')} moved to damaged/: yours to look at, and to delete`)
  for (const { archiveId, entries, paths } of report.affected) {
    out.warn(
      'warning',
      `${archiveId}: ${of(entries, 'entry', 'entries')} cannot be given back: ${paths.slice(0, PATHS_SHOWN).join(', ')}${entries > PATHS_SHOWN ? ', …' : ''}`,
    )
  }
  for (const id of report.unreadable) out.warn('warning', `${id}: its manifest is lost, and no repository that was asked has it`)
  if (report.verified) {
    const whole = report.verified.archives.filter(({ grade }) => grade > 0).length
    out.said(`Verified again: ${whole} of ${of(report.verified.archives.length, 'archive')} whole; ${formatDuration(durationMs)}`)
  }
}

const of = (count: number, one: string, many = `${one}s`) => `${formatCount(count)} ${count === 1 ? one : many}`
