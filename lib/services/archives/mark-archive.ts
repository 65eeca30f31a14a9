import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveDetail } from '#lib/contracts/archive.ts'
import type { MarkInput } from '#lib/engine/repository/mark.ts'
import { AHEAD_MS } from '#lib/engine/retention/vetoes.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { absorbMarks } from '../catalog/absorb-archive.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { getArchive } from './read-archives.ts'

/** Holds an archive: it never expires before `until` (null = ever), whatever the policy. */
export function holdArchive(
  ctx: ServiceContext,
  input: { archiveId: ArchiveId; reason: string; until?: string | undefined },
): Promise<ArchiveDetail> {
  return mark(ctx, input.archiveId, 'archive.hold', { kind: 'hold', reason: input.reason, until: input.until ?? null })
}

/** Ends a hold; throws `invalid_input` when there is none. */
export function releaseArchive(ctx: ServiceContext, input: { archiveId: ArchiveId; reason?: string | undefined }): Promise<ArchiveDetail> {
  requireRelease(ctx, input.archiveId)
  if (getArchive(ctx, input.archiveId).hold === null) {
    throw new AppError('invalid_input', { message: `${input.archiveId} is not held.`, hint: 'Nothing was changed.' })
  }
  return mark(ctx, input.archiveId, 'archive.release', { kind: 'release', reason: input.reason ?? 'released' })
}

/** An offload archive may be the only copy of what it holds: letting it expire is a lead's decision. */
export function requireRelease(ctx: ServiceContext, archiveId: ArchiveId): void {
  requireRight(ctx, getArchive(ctx, archiveId).kind === 'offload' ? 'release-offload' : 'hold')
}

/** Accepts an archive as it is: a suspect one, or one dated so far ahead that retention rests; throws `invalid_input` for any other. */
export function acceptArchive(ctx: ServiceContext, input: { archiveId: ArchiveId; reason: string }): Promise<ArchiveDetail> {
  const { suspect, createdAt } = getArchive(ctx, input.archiveId)
  if (!suspect && Date.parse(createdAt) <= ctx.clock.nowMs() + AHEAD_MS) {
    throw new AppError('invalid_input', { message: `${input.archiveId} is not suspect.`, hint: 'Nothing was changed.' })
  }
  return mark(ctx, input.archiveId, 'archive.accept', { kind: 'accept', reason: input.reason })
}

type Said = MarkInput extends infer M ? (M extends MarkInput ? Omit<M, 'at' | 'actor'> : never) : never

async function mark(ctx: ServiceContext, archiveId: ArchiveId, action: string, said: Said): Promise<ArchiveDetail> {
  requireRight(ctx, 'hold')
  const { repository, workspaceId } = requireArchive(ctx.catalogDb(), archiveId)
  await withRepository(ctx, repository.location, async (open) => {
    await open.addMark(archiveId, { ...said, at: new Date(ctx.clock.nowMs()).toISOString(), actor: ctx.actor.name } as MarkInput)
    await ctx.withCatalog((catalogDb) => absorbMarks({ repository: open, catalogDb }, archiveId))
  })
  record(ctx, action, { kind: 'archive', id: archiveId, workspaceId }, { ...said })
  return getArchive(ctx, archiveId)
}
