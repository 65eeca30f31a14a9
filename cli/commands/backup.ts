import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import { takeArchive } from '#lib/services/archives/take-archive.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { EXIT } from '../exit-codes.ts'
import { jobOf, waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'

/** `backup [W]` */
export async function backup(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out } = run
  const workspace = pickWorkspace(ctx, args[0])
  const { result, outcome, findings } = await takeArchive(ctx, {
    workspace,
    note: options.note ? String(options.note) : null,
    rescan: options.rescan === true,
    skipUnchanged: options.skipUnchanged === true,
    waitMs: waitMsOf(options),
    ...jobOf(run, options),
  })
  out.event({ type: 'result', ...result })
  if (result.isUnchanged) {
    out.said(`Nothing changed in ${workspace.name} since ${result.archiveId}; no archive was taken.`)
    return EXIT.ok
  }
  out.said(`${out.color.bold(result.archiveId)}  ${workspace.name}`)
  out.said(
    `${plural(result.files, 'file')}, ${formatBytes(result.contentBytes)}; ${formatBytes(result.storedBytes)} new in the repository; ${formatDuration(result.durationMs)}`,
  )
  for (const { severity, message } of findings) out.warn(severity === 'info' ? 'note' : 'warning', message)
  if (result.suspect) {
    out.warn(
      'suspect',
      `the archive is kept, and marked. Look at it; if it is as it should be: orchive accept ${result.archiveId} --reason TEXT`,
    )
  }
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}
