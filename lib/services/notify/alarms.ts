import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { listWatchedFiles } from '#db/console/tables/watched-files.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import type { EventType, Severity } from '#lib/contracts/notify.ts'
import type { ServiceContext } from '../context.ts'
import { floorOf } from '../disk/free-floor.ts'
import { replicaAlarms } from '../replicas/replica-alarms.ts'
import { runStateOf } from '../schedule/overdue.ts'

/** The first archive is verified with the night after it; before that nothing is wrong. */
const UNPROVEN_MS = 36 * 3_600_000

/** Something that goes on until it is over, and is told when it begins and when it ends. */
export interface Alarm {
  code: Extract<
    EventType,
    'overdue' | 'paused' | 'suspect' | 'damaged' | 'no-known-good' | 'replica-behind' | 'replica-failed' | 'replica-tampered'
  >
  severity: Severity
  since: string
  title: string
  detail: string
  /** Below the workspace's own page. */
  page: string
}

/** What is wrong with a workspace right now, by the same rules as the Overview and the metrics. */
export function alarmsOf(ctx: ServiceContext, workspace: WorkspaceRecord): Alarm[] {
  const nowMs = ctx.clock.nowMs()
  const now = new Date(nowMs).toISOString()
  const { id, name, repositoryPath } = workspace
  const alarms: Alarm[] = []
  const { overdueSince } = runStateOf(ctx, workspace)
  if (overdueSince !== null) {
    alarms.push({
      ...{ code: 'overdue', severity: 'critical', since: overdueSince, page: '/jobs' },
      title: `A backup of ${name} is overdue by ${formatDuration(nowMs - Date.parse(overdueSince))}`,
      detail: `It was due at ${overdueSince} and did not happen.`,
    })
  }
  const { isBelow, freeBytes, floorBytes } = floorOf(ctx, repositoryPath)
  if (isBelow) {
    alarms.push({
      ...{ code: 'paused', severity: 'critical', since: now, page: '/disk' },
      title: `Backups of ${name} are paused: the disk is nearly full`,
      detail: `${formatBytes(freeBytes)} are free at ${repositoryPath}, and ${formatBytes(floorBytes)} have to stay free.`,
    })
  }
  const damaged = listWatchedFiles(ctx.consoleDb, id).filter(({ since }) => since !== null)
  if (damaged.length > 0) {
    alarms.push({
      ...{ code: 'damaged', severity: 'critical', since: damaged.map(({ since }) => since!).sort()[0]!, page: '/runbooks' },
      title: `Live files of ${name} are damaged: ${damaged.map(({ label }) => label).join(', ')}`,
      detail: damaged.flatMap(({ findings }) => findings.map(({ message }) => message)).join(' '),
    })
  }
  return [...alarms, ...archiveAlarms(ctx, workspace, nowMs), ...replicaAlarms(ctx, workspace)]
}

/** Without a catalog nothing is said about archives: it is made again, and says then. */
function archiveAlarms(ctx: ServiceContext, { id, name }: WorkspaceRecord, nowMs: number): Alarm[] {
  const facts = factsOf(ctx, id, nowMs)
  if (facts === null || facts.newest === null) return []
  const { newest, lastGood } = facts
  const alarms: Alarm[] = []
  if (newest.suspect) {
    alarms.push({
      ...{ code: 'suspect', severity: 'critical', since: newest.createdAt, page: '/archives' },
      title: `The newest archive of ${name} is suspect`,
      detail: 'Its state looks torn, reset or shrunken. Look at it, then accept it with a reason, or restore an older one.',
    })
  }
  if (lastGood === null && facts.oldestAt !== null && nowMs - Date.parse(facts.oldestAt) > UNPROVEN_MS) {
    alarms.push({
      ...{ code: 'no-known-good', severity: 'warning', since: newest.createdAt, page: '/evidence' },
      title: `No archive of ${name} is known to be good`,
      detail: `There are ${facts.archives}, and none is proven at L3 or better. Verify the newest.`,
    })
  }
  return alarms
}

function factsOf(ctx: ServiceContext, workspaceId: string, nowMs: number) {
  try {
    return getWorkspaceFacts(ctx.catalogDb(), workspaceId, nowMs)
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('catalog_')) return null
    throw error
  }
}
