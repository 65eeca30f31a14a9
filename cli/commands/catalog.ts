import { formatCount } from '#lib/base/units.ts'
import { rebuild as rebuildAsJob } from '#lib/services/catalog/rebuild-as-job.ts'
import { EXIT } from '../exit-codes.ts'
import { jobOf } from '../options.ts'
import type { Run } from '../program.ts'

/** `catalog rebuild` */
export async function rebuild(run: Run, _args: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out } = run
  const { result, outcome, findings } = await rebuildAsJob(ctx, jobOf(run, options))
  out.event({ type: 'result', ...result })
  out.said(`The catalog has ${formatCount(result.archives)} ${result.archives === 1 ? 'archive' : 'archives'} again.`)
  if (result.workspaces > 0) out.said(`Registered again: ${result.workspaces} ${result.workspaces === 1 ? 'workspace' : 'workspaces'}.`)
  for (const { severity, message } of findings) out.warn(severity === 'info' ? 'note' : 'warning', message)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}
