import { randomBytes } from 'node:crypto'
import { type AuditRecord, auditHashAt, auditHead, auditRowsAfter } from '#db/console/tables/audit.ts'
import { getSetting, putSetting } from '#db/console/tables/settings.ts'
import type { ReadableDb } from '#db/handle.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { AuditMirror } from '#lib/contracts/audit.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { isRepository, knownRepositories } from '../repository/known-repositories.ts'
import { withRepository } from '../repository/open-repository.ts'
import { listSegments, putSegment, readSegment, type Segment } from './mirror-segments.ts'

/** So many lines in one object at most. */
const SEGMENT_LINES = 2000
/** From so many objects on that are not full, they are put together. */
const MANY_SEGMENTS = 48
const SETTING = 'audit.console-id'

/** What this console calls its lines in repositories that others may write to as well. */
export function consoleIdOf(ctx: ServiceContext): string {
  const known = getSetting(ctx.consoleDb, SETTING)
  if (typeof known === 'string') return known
  const made = randomBytes(8).toString('hex')
  putSetting(ctx.consoleDb, SETTING, made, new Date(ctx.clock.nowMs()).toISOString())
  return made
}

/**
 * Copies what is new in the audit log beside the archives of every repository, as objects that are never changed. A repository that cannot be written
 * is told, and does not keep the others from it.
 */
export async function mirrorAudit(ctx: ServiceContext): Promise<AuditMirror[]> {
  requireRight(ctx, 'settings')
  const consoleId = consoleIdOf(ctx)
  return eachRepository(ctx, (storage) => catchUp(ctx.consoleDb, storage, consoleId))
}

/** What lies beside the archives, held against the log: whether lines of it are missing here, and how many are not copied yet. */
export async function checkMirrors(ctx: ServiceContext): Promise<AuditMirror[]> {
  requireRight(ctx, 'settings')
  const consoleId = consoleIdOf(ctx)
  return eachRepository(ctx, (storage) => compareWithLog(ctx.consoleDb, storage, consoleId))
}

async function eachRepository(
  ctx: ServiceContext,
  work: (storage: Storage) => Promise<Omit<AuditMirror, 'repository'>>,
): Promise<AuditMirror[]> {
  const mirrors: AuditMirror[] = []
  for (const repository of knownRepositories(ctx).filter(isRepository)) {
    try {
      mirrors.push({ repository, ...(await withRepository(ctx, repository, ({ objects }) => work(objects))) })
    } catch (error) {
      const { message } = toAppError(error)
      mirrors.push({ repository, upTo: 0, behind: auditHead(ctx.consoleDb)?.seq ?? 0, problem: `It could not be reached: ${message}` })
    }
  }
  return mirrors
}

async function catchUp(db: ReadableDb, storage: Storage, consoleId: string): Promise<Omit<AuditMirror, 'repository'>> {
  const own = (await listSegments(storage, consoleId)).filter((segment) => isOfLog(db, segment))
  let upTo = endOf(own)
  for (let lines = auditRowsAfter(db, upTo, SEGMENT_LINES); lines.length > 0; lines = auditRowsAfter(db, upTo, SEGMENT_LINES)) {
    own.push(await putSegment(storage, consoleId, lines))
    upTo = lines.at(-1)!.seq
  }
  await putTogether(db, storage, { consoleId, segments: own })
  return { upTo, behind: 0, problem: null }
}

/** Small objects become few: the whole is written before a part of it goes. */
async function putTogether(
  db: ReadableDb,
  storage: Storage,
  { consoleId, segments }: { consoleId: string; segments: Segment[] },
): Promise<void> {
  const small = segments.filter(({ from, to }) => to - from + 1 < SEGMENT_LINES)
  if (small.length < MANY_SEGMENTS) return
  const written = new Set<string>()
  const end = endOf(small)
  for (let from = small[0]!.from; from <= end; ) {
    const lines = auditRowsAfter(db, from - 1, Math.min(SEGMENT_LINES, end - from + 1))
    written.add((await putSegment(storage, consoleId, lines)).name)
    from = lines.at(-1)!.seq + 1
  }
  for (const { name } of small) if (!written.has(name)) await storage.remove(name)
}

async function compareWithLog(db: ReadableDb, storage: Storage, consoleId: string): Promise<Omit<AuditMirror, 'repository'>> {
  const head = auditHead(db)?.seq ?? 0
  const segments = await listSegments(storage, consoleId)
  const upTo = endOf(segments.filter((segment) => isOfLog(db, segment)))
  const behind = head - upTo
  for (const segment of segments) {
    const lines = await readSegment(storage, segment)
    if (lines === null) return { upTo, behind, problem: `${segment.name} was changed, or is not whole.` }
    const lost = lines.find((line) => auditHashAt(db, line.seq) !== line.hash)
    if (lost) return { upTo, behind, problem: lostText(lost, segment, head) }
  }
  return { upTo, behind, problem: null }
}

function lostText(line: AuditRecord, { to }: Segment, head: number): string {
  const what = `Line ${line.seq} (${line.at}, ${line.actor}: ${line.action}) lies there`
  return line.seq > head
    ? `${what}, and so do lines up to ${to}; the log here ends with ${head}. Lines were cut off it, or console.db was put back from before.`
    : `${what}, and the log here has another one in its place. The log was cut and went on, or console.db was put back from before.`
}

const isOfLog = (db: ReadableDb, { to, tip }: Segment): boolean => auditHashAt(db, to)?.startsWith(tip) ?? false
const endOf = (segments: readonly Segment[]): number => segments.reduce((end, { to }) => Math.max(end, to), 0)
