import { formatCount } from '#lib/base/units.ts'
import { rebuild as rebuildAsJob } from '#lib/services/catalog/rebuild-as-job.ts'
import { EXIT } from '../exit-codes.ts'
import { jobIdOf } from '../options.ts'
import type { Run } from '../program.ts'

/** `catalog rebuild` */
export async function rebuild({ ctx, out, signal, command }: Run, _args: string[], options: Record<string, unknown>): Promise<number> {
  const { result, outcome, findings } = await rebuildAsJob(ctx, {
    jobId: jobIdOf(options),
    command,
    signal,
    onEvent: (event) => out.event(event),
  })
  out.event({ type: 'result', ...result })
  out.line(`The catalog has ${formatCount(result.archives)} archives again.`)
  for (const { message } of findings) out.line(`${out.color.yellow('warning')}: ${message}`)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}
