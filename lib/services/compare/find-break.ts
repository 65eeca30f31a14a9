import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { listVersions } from '#db/catalog/queries/history.ts'
import { listArchives } from '#db/catalog/queries/list-archives.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { commandText } from '#lib/base/command-text.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { parseJsonText } from '#lib/base/json-text.ts'
import { lineAndColumn, scanJson } from '#lib/base/scan-json.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import type { Break, BreakStep } from '#lib/contracts/compare.ts'
import { findBreak as bisect, type Verdict } from '#lib/engine/compare/find-break.ts'
import { type JsonCheck, parseCheck } from '#lib/engine/compare/json/json-check.ts'
import type { Json } from '#lib/engine/compare/json/json-value.ts'
import { findEntry } from '#lib/engine/restore/chosen-paths.ts'
import { readContent } from '#lib/engine/verify/read-content.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { RECORDS_BYTES } from './compare-file.ts'

export interface FindBreakInput {
  workspace: WorkspaceRecord
  path: string
  /** `exists`: the file is there. `parses`: it is one whole JSON text. Else a condition on that (see `parseCheck`). */
  condition: string
  onStep?: ((step: BreakStep) => void) | undefined
}

/** Halves the workspace's archives until it is known between which two of them a file broke. For job processes. */
export async function findBreak(ctx: ServiceContext, input: FindBreakInput): Promise<Break> {
  requireRight(ctx, 'view-content')
  const { workspace, path, condition } = input
  const asks = condition === 'exists' || condition === 'parses' ? null : parseCheck(condition)
  const archives = allBackups(ctx, workspace)
  if (archives.length === 0) {
    throw new AppError('archive_unknown', {
      message: `${workspace.name} has no archive yet.`,
      hint: `Run \`${commandText(['orchive', 'backup', workspace.name])}\`.`,
    })
  }
  const contents = contentsByArchive(ctx, workspace, path)
  const looks = new Looks(path, condition === 'exists' ? 'exists' : asks, contents, ctx)
  const steps: BreakStep[] = []
  const found = await bisect(
    archives,
    async (archive) => (await looks.at(archive)).verdict,
    ({ candidate, verdict, left }) => {
      const step = { archiveId: candidate.id, createdAt: candidate.createdAt, verdict, why: looks.why(candidate), left }
      steps.push(step)
      input.onStep?.(step)
    },
  )
  record(ctx, 'content.bisect', { kind: 'workspace', id: workspace.id, workspaceId: workspace.id }, { path, condition })
  const end = (archive: ArchiveSummary | null) => archive && { archiveId: archive.id, createdAt: archive.createdAt }
  return { path, condition, lastGood: end(found.lastGood), firstBad: end(found.firstBad), steps }
}

/** Archives of the whole workspace; what a restore or an offload took is a part of its own. */
const KINDS = ['backup', 'import'] as const

/** Oldest first. */
function allBackups(ctx: ServiceContext, workspace: WorkspaceRecord): ArchiveSummary[] {
  const rows: ArchiveSummary[] = []
  for (let cursor: string | null = null; ; ) {
    const filter = { workspaceId: workspace.id, kinds: KINDS, cursor, limit: 500 }
    const page: { rows: ArchiveSummary[]; nextCursor: string | null } = listArchives(ctx.catalogDb(), filter, ctx.clock.nowMs())
    rows.push(...page.rows)
    cursor = page.nextCursor
    if (cursor === null) break
  }
  return rows.reverse()
}

/** Which archives have the file, and with which content; none of them when the catalog knows no such path. */
function contentsByArchive(ctx: ServiceContext, workspace: WorkspaceRecord, path: string): Map<ArchiveId, string> {
  const contents = new Map<ArchiveId, string>()
  for (const { archives, sha256, type } of listVersions(ctx.catalogDb(), workspace.id, path)) {
    for (const { id } of archives) contents.set(id, sha256 ?? type)
  }
  return contents
}

interface Look {
  verdict: Verdict
  why: string
}

/** Looks at the file in an archive; the same content is looked at once. */
class Looks {
  private readonly path: string
  /** Null = whether it parses. */
  private readonly asks: 'exists' | JsonCheck | null
  private readonly contents: ReadonlyMap<ArchiveId, string>
  private readonly ctx: ServiceContext
  private readonly known = new Map<string, Look>()

  constructor(path: string, asks: 'exists' | JsonCheck | null, contents: ReadonlyMap<ArchiveId, string>, ctx: ServiceContext) {
    this.ctx = ctx
    this.path = path
    this.asks = asks
    this.contents = contents
  }

  async at(archive: ArchiveSummary): Promise<Look> {
    const content = this.contents.get(archive.id) ?? 'absent'
    let look = this.known.get(content)
    if (!look) this.known.set(content, (look = content === 'absent' ? ABSENT : await this.look(archive)))
    return look
  }

  why(archive: ArchiveSummary): string {
    return this.known.get(this.contents.get(archive.id) ?? 'absent')?.why ?? ''
  }

  private async look(archive: ArchiveSummary): Promise<Look> {
    if (this.asks === 'exists') return { verdict: 'good', why: 'it is there' }
    try {
      const { location } = requireArchive(this.ctx.catalogDb(), archive.id).repository
      return await withRepository(this.ctx, location, async (repository) => {
        const reader = await repository.reader(archive.id)
        const found = await findEntry(reader, this.path)
        const entry = found?.type === 'hardlink' ? await findEntry(reader, found.linkTarget!) : found
        if (entry?.type !== 'file') return { verdict: 'bad', why: 'it is no file' }
        return this.judge(await readContent(reader, entry, RECORDS_BYTES))
      })
    } catch (error) {
      if (!isAppError(error)) throw error
      return { verdict: 'unknown', why: error.message }
    }
  }

  private judge(bytes: Buffer): Look {
    let value: Json
    try {
      value = parseJsonText(bytes.toString('utf8')) as Json
    } catch {
      const { error } = scanJson(bytes)
      const at = error && lineAndColumn(bytes, error.offset)
      return { verdict: 'bad', why: `it is not valid JSON${at ? ` at line ${at.line}, column ${at.column}` : ''}` }
    }
    if (this.asks === null || this.asks === 'exists') return { verdict: 'good', why: 'it parses' }
    return this.asks.holds(value) ? { verdict: 'good', why: 'it holds' } : { verdict: 'bad', why: 'it does not hold' }
  }
}

const ABSENT: Look = { verdict: 'bad', why: 'it is not there' }
