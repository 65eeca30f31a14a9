import { resolve } from 'node:path'
import { formatBytes } from '#lib/base/units.ts'
import { copyConsole } from '#lib/services/home/console-copies.ts'
import { restoreConsole } from '#lib/services/home/restore-console.ts'
import { EXIT } from '../exit-codes.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'

/** `home copy` */
export async function copy({ ctx, out }: Run): Promise<number> {
  const copies = await copyConsole(ctx)
  if (out.isJson) out.document(copies)
  else if (copies.length === 0) out.line('There is no repository yet to copy it to.')
  else
    for (const { repository, name, bytes, problem } of copies) {
      if (problem === null) out.line(`${repository}: ${name}, ${formatBytes(bytes)}`)
      else out.warn('warning', `${repository}: ${problem}`)
    }
  return copies.every(({ problem }) => problem === null) ? EXIT.ok : EXIT.failed
}

/** `home restore --repository DIR [--force]` */
export async function restore({ ctx, out }: Run, _args: string[], options: Record<string, unknown>): Promise<void> {
  const restored = await restoreConsole(ctx, { repositoryPath: resolve(String(options.repository)), force: options.force === true })
  if (out.isJson) return out.document({ type: 'result', ...restored })
  const { at, people, workspaces, twoStepEnded, movedTo } = restored
  out.line(`The console's database of ${shortTime(at)} is back: ${people} people, ${workspaces} workspaces. Everybody signs in again.`)
  if (twoStepEnded > 0)
    out.line(`${twoStepEnded} people have to set two-step sign-in up again: its secrets were sealed with a key of the lost host.`)
  out.line('Secrets of notification channels have to be entered again, for the same reason.')
  if (movedTo) out.line(`What was there lies at ${movedTo}.`)
}
