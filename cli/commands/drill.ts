import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import type { DrillReport, DrillStep } from '#lib/contracts/drill.ts'
import { drillPage, VERDICTS } from '#lib/services/verify/drill-page.ts'
import { getDrillReport, newestDrill } from '#lib/services/verify/drill-report.ts'
import { jobIdFrom } from '../options.ts'
import type { Output } from '../output.ts'
import type { Run } from '../program.ts'

/** `drill report [JOB]` */
export function report({ ctx, out }: Run, args: string[], options: Record<string, unknown>): void {
  const [named] = args
  const found = named === undefined ? newestDrill(ctx) : getDrillReport(ctx, jobIdFrom(named))
  if (options.html === undefined) return out.isJson ? out.document(found) : printDrill(out, found)
  const file = resolve(String(options.html))
  try {
    writeFileSync(file, drillPage(found), { flag: 'wx' })
  } catch (error) {
    if (errnoOf(error) === null) throw error
    const isThere = errnoOf(error) === 'EEXIST'
    throw new AppError(isThere ? 'target_not_empty' : 'target_unusable', {
      message: isThere ? `${file} is there already.` : `${file} cannot be written (${errnoOf(error)}).`,
      hint: 'Name a new file.',
      cause: error,
    })
  }
  if (out.isJson) out.document({ type: 'result', jobId: found.jobId, file })
  else out.said(`The report of ${found.jobId} is in ${file}`)
}

const OUTCOMES: Record<DrillStep['outcome'], string> = { passed: 'passed', failed: 'FAILED', broke: 'BROKE', skipped: 'skipped' }

/** A drill for people: its steps, its verdict. */
export function printDrill(out: Output, drill: DrillReport): void {
  const rows = drill.steps.map((step) => [OUTCOMES[step.outcome], step.title, formatDuration(step.durationMs), step.evidence])
  out.line(`Drill of ${drill.archiveId} (${drill.workspace}), ${drill.startedAt}`)
  out.table(['', 'STEP', 'TOOK', 'SEEN'], rows, [2])
  const paint = drill.verdict === 'passed' ? out.color.green : drill.verdict === 'archive-bad' ? out.color.red : out.color.yellow
  out.line(paint(VERDICTS[drill.verdict]))
  const until = drill.expiresAt === null ? '' : `; counts until ${drill.expiresAt}`
  out.line(`${plural(drill.restoredFiles, 'file')}, ${formatBytes(drill.restoredBytes)}, in ${formatDuration(drill.durationMs)}${until}`)
}
