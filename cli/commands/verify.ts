import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import type { VerifyLevel, VerifyReport } from '#lib/contracts/archive.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { JobOutcome } from '#lib/contracts/job.ts'
import { verifyArchives } from '#lib/services/verify/verify-archives.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { EXIT } from '../exit-codes.ts'
import { namedArchive, prepareCatalog, readingFrom } from '../named.ts'
import { jobOf, wholeNumber } from '../options.ts'
import type { Run } from '../program.ts'

/** `verify [ARCHIVE] [--all] [--due] [--level …]` */
export async function verify(given: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  assertMeant(args, options)
  const run = await readingFrom(given, options)
  if (options.level === 'drill' && options.all !== true && options.due !== true) return drill(run, args, options)
  const { result, outcome, findings } = options.due === true ? await due(run, options) : await named(run, args, options)
  return print(run, result, outcome, findings)
}

function assertMeant(args: string[], options: Record<string, unknown>): void {
  const given = [args[0] !== undefined && 'one archive', options.all === true && '--all', options.due === true && '--due'].filter(Boolean)
  if (given.length > 1) {
    throw new AppError('usage', { message: `Give ${given.join(' or ')}, not both.`, hint: 'Nothing was checked.' })
  }
  if (options.fromReplica !== undefined && (options.all === true || options.due === true))
    throw new AppError('usage', {
      message: '--from-replica goes with one archive.',
      hint: 'A whole copy is checked with `orchive replica verify`.',
    })
  if (options.budget !== undefined && options.due !== true) throw new AppError('usage', { message: '--budget goes with --due.' })
  if (options.scratch !== undefined && options.level !== 'drill') {
    throw new AppError('usage', { message: '--scratch goes with --level drill.', hint: 'Nothing was checked.' })
  }
}

async function named(run: Run, args: string[], options: Record<string, unknown>) {
  const isAll = options.all === true
  if (isAll) await prepareCatalog(run)
  return verifyArchives(run.ctx, {
    archiveId: isAll ? null : await namedArchive(run, args[0] ?? 'latest', options),
    level: options.level as VerifyLevel,
    ...jobOf(run, options),
  })
}

/** Minutes of `--due` when none are given. */
const DEFAULT_BUDGET = 10

async function due(run: Run, options: Record<string, unknown>) {
  await prepareCatalog(run)
  const workspace = pickWorkspace(run.ctx, options.workspace === undefined ? undefined : String(options.workspace))
  const minutes = options.budget === undefined ? DEFAULT_BUDGET : wholeNumber('--budget', options.budget)
  const { verifyDue } = await import('#lib/services/verify/verify-due.ts')
  return verifyDue(run.ctx, {
    workspaceId: workspace.id,
    level: options.level as VerifyLevel,
    budgetMs: minutes * 60_000,
    ...jobOf(run, options),
  })
}

async function drill(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const { drillArchive } = await import('#lib/services/verify/drill-archive.ts')
  const { printDrill } = await import('./drill.ts')
  const { result, outcome, findings } = await drillArchive(run.ctx, {
    archiveId: await namedArchive(run, args[0] ?? 'latest', options),
    scratch: options.scratch === undefined ? null : resolve(String(options.scratch)),
    ...jobOf(run, options),
  })
  run.out.event({ type: 'result', ...result, ...(result.archives[0] ?? {}), repositoryFindings: [] })
  printDrill(run.out, result)
  for (const { severity, message } of findings) run.out.warn(WORDS[severity], message)
  return exitOf(outcome)
}

function print({ out }: Run, result: VerifyReport, outcome: JobOutcome, findings: readonly Finding[]): number {
  const [only] = result.archives.length === 1 ? result.archives : []
  out.event({ type: 'result', ...result, ...(only ?? {}) })
  table(out, result)
  for (const { severity, text } of folded(findings)) out.warn(WORDS[severity], text)
  if (result.archives.length === 0 && outcome === 'success')
    out.said(result.checkedFrames === undefined ? 'Nothing is due.' : 'There is no archive to verify.')
  else if (outcome === 'success') out.said(out.color.green('Every check passed.'))
  return exitOf(outcome)
}

/** Where everything was read once, an archive's own part of that is not known. */
function table(out: Run['out'], { archives, checkedFrames, checkedBytes }: VerifyReport): void {
  const isWhole = checkedFrames !== undefined && checkedBytes !== undefined
  const { green, red, yellow } = out.color
  const rows = archives.map(({ archiveId, grade, framesRead, bytesRead, durationMs }) => [
    archiveId,
    grade >= 3 ? green(`L${grade}`) : grade === 0 ? red('L0') : yellow(`L${grade}`),
    ...(isWhole ? [] : [formatCount(framesRead), formatBytes(bytesRead)]),
    formatDuration(durationMs),
  ])
  const head = isWhole ? ['ARCHIVE', 'GRADE', 'TOOK'] : ['ARCHIVE', 'GRADE', 'FRAMES', 'READ', 'TOOK']
  if (rows.length > 0) out.table(head, rows, isWhole ? [2] : [2, 3, 4])
  if (isWhole) out.said(`Every object was read once: ${plural(checkedFrames, 'frame')}, ${formatBytes(checkedBytes)}.`)
}

/** What several archives share is said once: a frame that is lost is lost in each that needs it. */
function folded(findings: readonly Finding[]): { severity: Finding['severity']; text: string }[] {
  const times = new Map<string, { severity: Finding['severity']; message: string; count: number }>()
  for (const { severity, message } of findings) {
    const known = times.get(`${severity} ${message}`)
    if (known) known.count++
    else times.set(`${severity} ${message}`, { severity, message, count: 1 })
  }
  return [...times.values()].map(({ severity, message, count }) => ({
    severity,
    text: count === 1 ? message : `${message} (in ${formatCount(count)} archives)`,
  }))
}

const exitOf = (outcome: JobOutcome) => (outcome === 'failure' ? EXIT.failed : outcome === 'warning' ? EXIT.warnings : EXIT.ok)

const WORDS = { error: 'failed', warning: 'warning', info: 'note' } as const
