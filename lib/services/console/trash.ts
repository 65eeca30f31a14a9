/** The trash for the console, as children running the command line's own verbs. Each function authorises first. */
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveDetail } from '#lib/contracts/archive.ts'
import type { PruneReport } from '#lib/contracts/trash.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { programOf } from './verbs.ts'

/** Somebody looks at the page meanwhile: longer work than this under the lease is said to be under way. */
const WAIT = ['--wait', '10']

/** Moves an archive to the trash. */
export function forgetInChild(ctx: ServiceContext, input: { archiveId: ArchiveId; reason: string }): Promise<{ forgotten: ArchiveId[] }> {
  requireRight(ctx, 'forget')
  return runVerb(programOf(ctx), ['forget', `--reason=${input.reason}`, ...WAIT, '--', input.archiveId]) as Promise<{
    forgotten: ArchiveId[]
  }>
}

/** Takes an archive back out of the trash. */
export function unforgetInChild(ctx: ServiceContext, input: { archiveId: ArchiveId; reason?: string | undefined }): Promise<ArchiveDetail> {
  requireRight(ctx, 'forget')
  const reason = input.reason === undefined ? [] : [`--reason=${input.reason}`]
  return runVerb(programOf(ctx), ['unforget', ...reason, ...WAIT, '--', input.archiveId]) as Promise<ArchiveDetail>
}

/** What a prune would do now, a repository an entry. It reads what every archive needs: behind whoever waits for a page, and no longer than somebody waits for it. */
export async function planPruneInChild(
  ctx: ServiceContext,
  input: { graceDays?: number | undefined },
  signal?: AbortSignal,
): Promise<PruneReport[]> {
  requireRight(ctx, 'list')
  const grace = input.graceDays === undefined ? [] : ['--grace', String(input.graceDays)]
  const printed = await runVerb(programOf(ctx), ['prune', '--dry-run', ...grace], { signal, isYielding: true })
  return (printed as { repositories: PruneReport[] }).repositories
}
