import { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import type { VerifyLevel } from '#lib/contracts/archive.ts'
import { verifyArchives } from '#lib/services/verify/verify-archives.ts'
import { EXIT } from '../exit-codes.ts'
import { namedArchive, prepareCatalog } from '../named.ts'
import { jobIdOf } from '../options.ts'
import type { Run } from '../program.ts'

/** `verify [ARCHIVE] [--all] [--level …]` */
export async function verify(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out, signal, command } = run
  const isAll = options.all === true
  if (isAll && args[0] !== undefined) {
    throw new AppError('usage', { message: 'Name one archive or give --all, not both.', hint: 'Nothing was checked.' })
  }
  if (isAll) await prepareCatalog(run)
  const { result, outcome, findings } = await verifyArchives(ctx, {
    archiveId: isAll ? null : await namedArchive(run, args[0] ?? 'latest', options),
    level: options.level as VerifyLevel,
    jobId: jobIdOf(options),
    command,
    signal,
    onEvent: (event) => out.event(event),
  })
  const [only] = result.archives.length === 1 ? result.archives : []
  out.event({ type: 'result', ...result, ...(only ?? {}) })
  const rows = result.archives.map((row) => [
    row.archiveId,
    row.grade >= 3 ? out.color.green(`L${row.grade}`) : row.grade === 0 ? out.color.red('L0') : out.color.yellow(`L${row.grade}`),
    formatCount(row.framesRead),
    formatBytes(row.bytesRead),
    formatDuration(row.durationMs),
  ])
  if (rows.length > 0) out.table(['ARCHIVE', 'GRADE', 'FRAMES', 'READ', 'TOOK'], rows, [2, 3, 4])
  for (const { severity, message } of findings) out.warn(WORDS[severity], message)
  if (outcome === 'success') out.said(out.color.green('Every check passed.'))
  return outcome === 'failure' ? EXIT.failed : outcome === 'warning' ? EXIT.warnings : EXIT.ok
}

const WORDS = { error: 'failed', warning: 'warning', info: 'note' } as const
