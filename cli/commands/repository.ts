import { resolve } from 'node:path'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { initRepositoryAt } from '#lib/services/repository/init-repository.ts'
import { withRepository } from '#lib/services/repository/open-repository.ts'
import { repositoryStats } from '#lib/services/repository/repository-stats.ts'
import { table } from '../output.ts'
import type { Run } from '../program.ts'

/** `repository stats` */
export async function stats({ ctx, out }: Run): Promise<void> {
  // Opening it says what is wrong with it, if anything.
  await withRepository(ctx.paths.repository, async () => {})
  const storage = repositoryStats(ctx)
  if (out.isJson) return out.document(storage)
  const ratio = storage.storedBytes > 0 ? `${(storage.contentBytes / storage.storedBytes).toFixed(1)} ×` : '-'
  const rows = [
    ['repository', storage.repositoryPath],
    ['archives', formatCount(storage.archives)],
    ['content of all', formatBytes(storage.contentBytes)],
    ['stored', `${formatBytes(storage.storedBytes)} in ${formatCount(storage.packs)} packs (${ratio} smaller)`],
    ['disk free', `${formatBytes(storage.freeBytes)} of ${formatBytes(storage.totalBytes)}`],
  ]
  for (const row of table(rows)) out.line(row)
}

/** `repository init DIR` */
export async function init({ ctx, out }: Run, args: string[]): Promise<void> {
  const made = await initRepositoryAt(ctx, resolve(args[0]!))
  if (out.isJson) out.document(made)
  else out.line(`Made a repository (${made.id}) in ${made.path}.`)
}
