import { listReplicas } from '#db/console/tables/replicas.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { formatDuration } from '#lib/base/units.ts'
import type { ServiceContext } from '../context.ts'
import type { Alarm } from '../notify/alarms.ts'
import { stateOf } from './show-replicas.ts'

const HOUR_MS = 3_600_000
/** A sync that failed is tried again before anybody is told. */
const QUIET_FAILURES = 2

/** What is wrong with the replicas of a workspace: objects that somebody deleted, syncs that fail, archives that wait for too long. One alarm of a kind. */
export function replicaAlarms(ctx: ServiceContext, workspace: WorkspaceRecord): Alarm[] {
  const nowMs = ctx.clock.nowMs()
  const replicas = listReplicas(ctx.consoleDb, workspace.id).map((record) => ({ ...record, state: stateOf(ctx, record) }))
  const alarms: Alarm[] = []
  const names = (some: readonly { name: string }[]) => some.map(({ name }) => name).join(', ')
  const add = (code: Alarm['code'], severity: Alarm['severity'], since: (string | null)[], title: string, detail: string) => {
    const first = since.filter((at) => at !== null).sort()[0] ?? new Date(nowMs).toISOString()
    alarms.push({ code, severity, since: first, title, detail, page: '/replicas' })
  }
  const tampered = replicas.filter(({ state }) => state.tamperedAt !== null)
  if (tampered.length > 0) {
    const detail = tampered.map(({ name, state }) => `${name}: ${state.tampering}`).join('\n')
    const title = `Somebody deleted or overwrote copies of ${workspace.name}: ${names(tampered)}`
    add(
      'replica-tampered',
      'critical',
      tampered.map(({ state }) => state.tamperedAt),
      title,
      detail,
    )
  }
  const failed = replicas.filter(({ facts }) => facts.lastError !== null && facts.failures >= QUIET_FAILURES)
  if (failed.length > 0) {
    const detail = failed.map(({ name, facts }) => `${name}: ${facts.lastError!.message} ${facts.lastError!.hint}`.trim()).join('\n')
    add(
      'replica-failed',
      'warning',
      failed.map(({ facts }) => facts.lastStartedAt),
      `Copies of ${workspace.name} fail: ${names(failed)}`,
      detail,
    )
  }
  const behind = replicas.filter(
    ({ state, options }) =>
      !options.isPaused && state.behindSince !== null && nowMs - Date.parse(state.behindSince) > options.lagHours * HOUR_MS,
  )
  if (behind.length > 0) {
    const oldest = behind.map(({ state }) => state.behindSince!).sort()[0]!
    const title = `Copies of ${workspace.name} are behind by ${formatDuration(nowMs - Date.parse(oldest))}: ${names(behind)}`
    add('replica-behind', 'critical', [oldest], title, 'Archives since then are only on this host.')
  }
  return alarms
}
