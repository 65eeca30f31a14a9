import { resolve } from 'node:path'
import { formatCount } from '#lib/base/units.ts'
import { importArchives } from '#lib/services/import/import-archives.ts'
import { EXIT } from '../exit-codes.ts'
import { namedWorkspace } from '../named.ts'
import { jobOf, waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'

/** `import PATH [WORKSPACE]` */
export async function importVerb(run: Run, [path, workspace]: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out } = run
  const { result, outcome, findings } = await importArchives(ctx, {
    path: resolve(path!),
    workspaceId: workspace === undefined ? undefined : namedWorkspace(run, workspace).id,
    waitMs: waitMsOf(options),
    ...jobOf(run, options),
  })
  const { imported } = result
  out.event({ type: 'result', ...result, ...(imported.length === 1 ? imported[0] : {}) })
  const rows = imported.map((one) => [
    one.archiveId,
    one.workspace,
    formatCount(one.files),
    one.isNew ? 'new' : 'known',
    one.lacks.join(', ') || '-',
    one.file,
  ])
  if (rows.length > 0) out.table(['ARCHIVE', 'WORKSPACE', 'FILES', '', 'LACKS', 'FROM'], rows, [2])
  for (const { severity, message } of findings) out.warn(severity === 'error' ? 'failed' : 'warning', message)
  return outcome === 'failure' ? EXIT.failed : outcome === 'warning' ? EXIT.warnings : EXIT.ok
}
