import { getArchive, listRungs } from '#db/catalog/queries/get-archive.ts'
import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { listAccepted } from '#db/catalog/queries/list-accepted.ts'
import { listArchives } from '#db/catalog/queries/list-archives.ts'
import { listRestorable } from '#db/catalog/queries/list-restorable.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Evidence } from '#lib/contracts/evidence.ts'
import { ZonedCalendar } from '#lib/engine/retention/zone.ts'
import { archiveCalendar } from '../archives/archive-calendar.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { policyOf } from '../retention/rules.ts'
import { showProofSchedule } from '../schedule/proof-schedule.ts'
import { listDrillReports } from '../verify/drill-report.ts'
import { gapsOf } from './gaps.ts'
import { unrestorableDays } from './unrestorable.ts'
import { verdictOf } from './verdict.ts'

/** So far back scheduled runs are looked for. */
const GAP_DAYS = 90
/** So far back days are looked for whose state is lost. */
const MAP_DAYS = 730
const DAY_MS = 86_400_000

/** Everything that shows whether a workspace is recoverable, as of now: verdict, archives by page, drills, gaps, exceptions. */
export function getEvidence(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; cursor?: string | undefined; limit?: number | undefined },
): Evidence {
  requireRight(ctx, 'list')
  const { workspaceId, cursor = null, limit = 25 } = input
  const { name, root, timeZone } = requireWorkspace(ctx.consoleDb, workspaceId)
  const db = ctx.catalogDb()
  const nowMs = ctx.clock.nowMs()
  const facts = getWorkspaceFacts(db, workspaceId, nowMs)
  const { newest, lastGood } = facts
  const page = listArchives(db, { workspaceId, cursor, limit }, nowMs)
  const rungs = listRungs(
    db,
    page.rows.map(({ id }) => id),
  )
  const calendar = ZonedCalendar.of(timeZone)
  const drills = listDrillReports(ctx, workspaceId)
  const detail = newest && getArchive(db, newest.id, nowMs)
  return {
    generatedAt: new Date(nowMs).toISOString(),
    workspaceId,
    workspace: name,
    root,
    verdict: verdictOf(facts, nowMs),
    isRecoverable: lastGood !== null,
    knownGood: lastGood,
    archivesTotal: facts.archives,
    archives: page.rows.map((row) => ({ ...row, rungs: rungs.get(row.id) ?? [] })),
    nextCursor: page.nextCursor,
    drills,
    schedule: showProofSchedule(ctx, workspaceId),
    gaps: gapsOf({ newest: detail, lastGood, drills, days: archiveCalendar(ctx, { workspaceId, days: GAP_DAYS }) }, nowMs),
    unrestorable: unrestorableDays(
      listRestorable(db, workspaceId, calendar.daysBetween(nowMs - MAP_DAYS * DAY_MS, nowMs)),
      policyOf(ctx.consoleDb, workspaceId),
      { nowMs, dateOf: (ms) => calendar.dateOf(ms) },
    ),
    exceptions: listAccepted(db, workspaceId).map(({ createdAtMs, ...rest }) => ({
      ...rest,
      createdAt: new Date(createdAtMs).toISOString(),
    })),
    findings: detail?.findings ?? [],
  }
}
