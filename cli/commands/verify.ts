import { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import type { VerifyLevel } from '#lib/contracts/archive.ts'
import { pickArchive } from '#lib/services/archives/read-archives.ts'
import { verifyArchives } from '#lib/services/verify/verify-archives.ts'
import { EXIT } from '../exit-codes.ts'
import { jobIdOf } from '../options.ts'
import { table } from '../output.ts'
import type { Run } from '../program.ts'

/** `verify [ARCHIVE] [--all] [--level …]` */
export async function verify({ ctx, out, signal, command }: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  if (options.all && args[0] !== undefined) throw new AppError('usage', { message: 'Name one archive or give --all, not both.' })
  const archiveId = options.all ? null : pickArchive(ctx, args[0] ?? 'latest')
  const { result, outcome, findings } = await verifyArchives(ctx, {
    archiveId,
    level: options.level as VerifyLevel,
    jobId: jobIdOf(options),
    command,
    signal,
    onEvent: (event) => out.event(event),
  })
  out.event({ type: 'result', ...result })
  const rows = result.archives.map((row) => [
    row.archiveId,
    `L${row.grade}`,
    `${formatCount(row.framesRead)} frames`,
    formatBytes(row.bytesRead),
    formatDuration(row.durationMs),
  ])
  if (rows.length > 0) for (const line of table(rows, [2, 3, 4])) out.line(line)
  for (const { severity, message } of findings)
    out.line(`${severity === 'error' ? out.color.red('failed') : out.color.yellow(severity)}: ${message}`)
  if (outcome === 'success') out.line(out.color.green('Every check passed.'))
  return outcome === 'failure' ? EXIT.failed : outcome === 'warning' ? EXIT.warnings : EXIT.ok
}
