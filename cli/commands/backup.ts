import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import { takeArchive } from '#lib/services/archives/take-archive.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { EXIT } from '../exit-codes.ts'
import { jobIdOf, waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'

/** `backup [W]` */
export async function backup({ ctx, out, signal, command }: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const workspace = pickWorkspace(ctx, args[0])
  const { result, outcome } = await takeArchive(ctx, {
    workspace,
    note: options.note ? String(options.note) : null,
    rescan: options.rescan === true,
    waitMs: waitMsOf(options),
    jobId: jobIdOf(options),
    command,
    signal,
    onEvent: (event) => out.event(event),
  })
  out.event({ type: 'result', ...result })
  out.line(`${out.color.bold(result.archiveId)}  ${workspace.name}`)
  out.line(
    `${formatCount(result.files)} files, ${formatBytes(result.contentBytes)}; ${formatBytes(result.storedBytes)} new in the repository; ${formatDuration(result.durationMs)}`,
  )
  for (const { message } of result.warnings) out.line(`${out.color.yellow('warning')}: ${message}`)
  if (result.suspect) out.line(`${out.color.yellow('suspect')}: look at it, then: orchive accept ${result.archiveId} --reason TEXT`)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}
