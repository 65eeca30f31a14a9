import type { ArchiveId } from '#lib/base/ids.ts'
import type { Preview } from '#lib/contracts/archive.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { programOf } from './verbs.ts'

/** A window of a text file with its secrets masked; of a binary one only what it is. */
export function previewFile(
  ctx: ServiceContext,
  input: { archiveId: ArchiveId; path: string; offset: number },
  signal?: AbortSignal,
): Promise<Preview> {
  requireRight(ctx, 'view-content')
  const argv = ['preview', `--offset=${input.offset}`, '--', input.archiveId, input.path]
  return runVerb(programOf(ctx), argv, { signal }) as Promise<Preview>
}
