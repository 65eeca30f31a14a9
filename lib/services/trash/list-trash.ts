import { listTrash as query, type TrashFilter, type TrashRow } from '#db/catalog/queries/list-trash.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { Trashed } from '#lib/contracts/trash.ts'
import { TRASH_DAYS } from '#lib/contracts/trash-days.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'

const DAY_MS = 86_400_000

/** Forgotten archives of a workspace, or of all, the one forgotten last first, by pages. */
export function listTrash(
  ctx: ServiceContext,
  input: Omit<TrashFilter, 'workspaceId'> & { workspaceId?: WorkspaceId | undefined },
): { rows: Trashed[]; nextCursor: string | null } {
  requireRight(ctx, 'list')
  try {
    const { rows, nextCursor } = query(ctx.catalogDb(), input, ctx.clock.nowMs())
    return { rows: rows.map(trashed), nextCursor }
  } catch (error) {
    if (isAppError(error) && error.code === 'catalog_missing') return { rows: [], nextCursor: null }
    throw error
  }
}

function trashed({ summary, forgottenAtMs, forgottenBy, reason, isReleased }: TrashRow): Trashed {
  const { hold, kind } = summary
  const isOnlyCopy = kind === 'offload' && !isReleased
  return {
    ...summary,
    forgottenAt: new Date(forgottenAtMs).toISOString(),
    forgottenBy,
    reason,
    goneAfter: new Date(forgottenAtMs + TRASH_DAYS * DAY_MS).toISOString(),
    keptBy: hold ? `held by ${hold.actor}: ${hold.reason}` : isOnlyCopy ? 'offload archive that nobody released' : null,
  }
}

/** The forgotten archive that a person named: its id or a unique beginning of it; throws `archive_unknown` or `archive_ambiguous`. */
export function pickTrashed(ctx: ServiceContext, name: string): ArchiveId {
  const found = name.length < SHORTEST ? [] : listTrash(ctx, { prefix: name, limit: 20 }).rows
  if (found.length === 1) return found[0]!.id
  throw new AppError(found.length > 1 ? 'archive_ambiguous' : 'archive_unknown', {
    message:
      found.length > 1
        ? `${name} is the beginning of ${found.length === 20 ? 'many' : found.length} archives in the trash.`
        : `${name} is not in the trash.`,
    hint: 'See `orchive trash`.',
  })
}

/** `arc_` and four more. */
const SHORTEST = 8
