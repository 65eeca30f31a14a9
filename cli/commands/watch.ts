import { commandText } from '#lib/base/command-text.ts'
import { damageText } from '#lib/services/watch/damage-text.ts'
import { lookAtLive } from '#lib/services/watch/look-at-live.ts'
import { EXIT } from '../exit-codes.ts'
import { namedWorkspace } from '../named.ts'
import type { Run } from '../program.ts'

/** `watch [W]` */
export async function watch(run: Run, args: string[]): Promise<number> {
  const { ctx, out, signal } = run
  const workspace = namedWorkspace(run, args[0])
  const files = await lookAtLive(ctx, workspace, { signal })
  const damaged = files.filter(({ verdict }) => verdict !== 'fine')
  if (out.isJson) out.document(files)
  else {
    for (const { label, path, verdict } of files) if (verdict === 'fine') out.said(`${label} ${path} is fine.`)
    for (const file of damaged) {
      const { title, detail } = damageText(file, ctx.clock.nowMs())
      out.warn('suspect', `${title}. ${detail}`)
    }
    if (damaged.length > 0)
      out.warn('note', `What to do: \`${commandText(['orchive', 'recover', 'state', workspace.name, '--dry-run'])}\`.`)
  }
  return damaged.length > 0 ? EXIT.warnings : EXIT.ok
}
