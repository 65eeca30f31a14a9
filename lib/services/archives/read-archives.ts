import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { getArchive as queryArchive } from '#db/catalog/queries/get-archive.ts'
import { listVersions, pageVersions } from '#db/catalog/queries/history.ts'
import { listArchives as queryArchives } from '#db/catalog/queries/list-archives.ts'
import { getEntry, listFolder as queryFolder } from '#db/catalog/queries/list-folder.ts'
import { listTree } from '#db/catalog/queries/list-tree.ts'
import { resolveArchive } from '#db/catalog/queries/resolve-archive.ts'
import { searchNames } from '#db/catalog/queries/search-names.ts'
import { countCopied, countReplicas } from '#db/console/tables/replicas.ts'
import { getWorkspace } from '#db/console/tables/workspaces.ts'
import { commandText } from '#lib/base/command-text.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type {
  ArchiveDetail,
  ArchiveKind,
  ArchiveSummary,
  EntryDto,
  FolderPage,
  Found,
  ListedArchive,
  Version,
  VersionSpan,
} from '#lib/contracts/archive.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'

type Page<T> = { rows: T[]; nextCursor: string | null }
type Paging = { cursor?: string | undefined; limit?: number | undefined }
const paging = ({ cursor, limit }: Paging) => ({ cursor: cursor ?? null, ...(limit === undefined ? {} : { limit }) })

export interface ListArchivesInput extends Paging {
  workspaceId?: WorkspaceId | undefined
  kind?: ArchiveKind | undefined
  /** This grade or better. */
  grade?: number | undefined
  held?: boolean | undefined
  suspect?: boolean | undefined
  from?: string | undefined
  to?: string | undefined
}

/** Archives, newest first, with how many copies of each there are. */
export function listArchives(ctx: ServiceContext, input: ListArchivesInput): Page<ListedArchive> {
  requireRight(ctx, 'list')
  const { rows, nextCursor } = queryArchives(
    ctx.catalogDb(),
    {
      ...paging(input),
      ...(input.workspaceId ? { workspaceId: input.workspaceId } : {}),
      ...(input.kind ? { kinds: [input.kind] } : {}),
      ...(input.grade === undefined ? {} : { minGrade: input.grade }),
      ...(input.held === undefined ? {} : { held: input.held }),
      ...(input.suspect === undefined ? {} : { suspect: input.suspect }),
      ...(input.from ? { fromMs: Date.parse(input.from) } : {}),
      ...(input.to ? { toMs: Date.parse(input.to) } : {}),
    },
    ctx.clock.nowMs(),
  )
  return { rows: withCopies(ctx, rows), nextCursor }
}

function withCopies({ consoleDb }: ServiceContext, rows: readonly ArchiveSummary[]): ListedArchive[] {
  const replicas = countReplicas(consoleDb)
  const listed = rows.filter(({ workspaceId }) => replicas.has(workspaceId)).map(({ id }) => id)
  const copied = listed.length > 0 ? countCopied(consoleDb, listed) : new Map<ArchiveId, number>()
  return rows.map((row) => {
    const others = replicas.get(row.workspaceId)
    return { ...row, copies: others === undefined ? null : { whole: 1 + (copied.get(row.id) ?? 0), of: 1 + others } }
  })
}

/** The archive a person named: id, prefix, `latest`, `latest~N` or `@TIME`; throws `archive_unknown` for one of another workspace than the one named with it. */
export function pickArchive(ctx: ServiceContext, name: string, workspaceId?: WorkspaceId): ArchiveId {
  requireRight(ctx, 'list')
  const id = resolveArchive(ctx.catalogDb(), name, workspaceId ?? null)
  const owner = requireArchive(ctx.catalogDb(), id).workspaceId
  if (workspaceId === undefined || owner === workspaceId) return id
  const nameOf = (workspace: WorkspaceId) => getWorkspace(ctx.consoleDb, workspace)?.name ?? workspace
  throw new AppError('archive_unknown', {
    message: `${id} is an archive of ${nameOf(owner)}, not of ${nameOf(workspaceId)}.`,
    hint: `An id says whose it is: leave the workspace out, or name one of \`${commandText(['orchive', 'archives', nameOf(workspaceId)])}\`.`,
    context: { archiveId: id, workspaceId: owner },
  })
}

/** One archive with items, rungs, findings and neighbours. */
export function getArchive(ctx: ServiceContext, id: ArchiveId): ArchiveDetail {
  requireRight(ctx, 'list')
  return queryArchive(ctx.catalogDb(), id, ctx.clock.nowMs())
}

/** One folder of an archive, by pages. */
export function listFolder(ctx: ServiceContext, input: Paging & { archiveId: ArchiveId; path: string }): FolderPage {
  requireRight(ctx, 'list')
  return queryFolder(ctx.catalogDb(), { archiveId: input.archiveId, path: input.path, ...paging(input) })
}

/** A path of an archive as `ls` shows it: the file itself, or what a folder holds, by pages. */
export function listEntries(
  ctx: ServiceContext,
  input: Paging & { archiveId: ArchiveId; path: string; isRecursive: boolean; hasHashes?: boolean },
): Page<EntryDto> {
  requireRight(ctx, 'list')
  const { archiveId, path } = input
  const entry = path === '' ? null : getEntry(ctx.catalogDb(), archiveId, path)
  if (entry && entry.type !== 'dir') return { rows: [entry], nextCursor: null }
  const request = { archiveId, path, ...paging(input) }
  return input.isRecursive
    ? listTree(ctx.catalogDb(), { ...request, hasHashes: input.hasHashes !== false })
    : queryFolder(ctx.catalogDb(), request)
}

/** Names in one archive or over all archives of a workspace. */
export function findNames(
  ctx: ServiceContext,
  input: Paging & { pattern: string; archiveId?: ArchiveId; workspaceId?: WorkspaceId; folder?: string },
): Page<Found> {
  requireRight(ctx, 'list')
  const { pattern, archiveId, workspaceId, folder } = input
  return searchNames(ctx.catalogDb(), {
    pattern,
    ...paging(input),
    ...(archiveId ? { archiveId } : {}),
    ...(workspaceId ? { workspaceId } : {}),
    ...(folder ? { folder } : {}),
  })
}

/** Distinct versions of a path, newest first. */
export function fileHistory(ctx: ServiceContext, input: { workspaceId: WorkspaceId; path: string }): Version[] {
  requireRight(ctx, 'list')
  return listVersions(ctx.catalogDb(), input.workspaceId, input.path)
}

/** The same by pages, each version with how many archives hold it instead of all of them. */
export function pageHistory(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; path: string; archiveId?: ArchiveId | undefined } & Paging,
): { rows: VersionSpan[]; nextCursor: string | null } {
  requireRight(ctx, 'list')
  const { workspaceId, path, archiveId } = input
  return pageVersions(ctx.catalogDb(), { workspaceId, path, archiveId, ...paging(input) })
}

/** The workspace an archive is of. */
export function workspaceOfArchive(ctx: ServiceContext, id: ArchiveId): WorkspaceId {
  return requireArchive(ctx.catalogDb(), id).workspaceId
}
