import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { forgetArchives } from '#lib/services/trash/forget-archives.ts'
import { listTrash, pickTrashed } from '#lib/services/trash/list-trash.ts'
import { unforgetArchive } from '#lib/services/trash/unforget-archive.ts'
import { namedArchive, namedWorkspace, prepareCatalog } from '../named.ts'
import { waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'
import { oneLine } from '../table.ts'

type Options = Record<string, unknown>

/** `forget ARCHIVE…` */
export async function forget(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out, signal } = run
  const ids: ArchiveId[] = []
  for (const name of args) ids.push(await namedArchive(run, name, options))
  const archives = [...new Set(ids)]
  const reason = String(options.reason ?? '').trim() || 'forgotten by hand'
  await forgetArchives(ctx, archives, { reason, waitMs: waitMsOf(options), signal })
  if (out.isJson) return out.document({ type: 'result', forgotten: archives })
  for (const id of archives) out.said(`${id} is in the trash.`)
  out.said(`Take it back with: orchive unforget ${archives[0]}   Space is freed by: orchive prune`)
}

/** `trash [W]` */
export async function trash(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  const workspaceId = args[0] === undefined ? undefined : namedWorkspace(run, args[0]).id
  await prepareCatalog(run)
  const rows = [...wholeTrash(ctx, workspaceId)]
  if (out.isJson) return out.document(rows)
  if (rows.length === 0) return out.said('The trash is empty.')
  out.table(
    ['ARCHIVE', 'CAPTURED (UTC)', 'WORKSPACE', 'FILES', 'CONTENT', 'FORGOTTEN (UTC)', 'KEPT UNTIL (UTC)', 'WHY'],
    rows.map((row) => [
      out.color.bold(row.id),
      shortTime(row.createdAt),
      oneLine(row.workspace),
      formatCount(row.files),
      formatBytes(row.contentBytes),
      shortTime(row.forgottenAt),
      row.keptBy === null ? shortTime(row.goneAfter) : out.color.cyan(oneLine(row.keptBy)),
      oneLine(`${row.forgottenBy}: ${row.reason}`),
    ]),
    [3, 4],
  )
}

function* wholeTrash(ctx: Run['ctx'], workspaceId: WorkspaceId | undefined) {
  let cursor: string | null = null
  do {
    const page: ReturnType<typeof listTrash> = listTrash(ctx, { workspaceId, cursor, limit: 500 })
    yield* page.rows
    cursor = page.nextCursor
  } while (cursor !== null)
}

/** `unforget ARCHIVE` */
export async function unforget(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out, signal } = run
  await prepareCatalog(run)
  const reason = options.reason === undefined ? undefined : String(options.reason).trim() || undefined
  const archive = await unforgetArchive(ctx, { archiveId: pickTrashed(ctx, args[0]!), reason, waitMs: waitMsOf(options), signal })
  if (out.isJson) out.document({ type: 'result', ...archive })
  else out.said(`${archive.id} is listed again.`)
}
