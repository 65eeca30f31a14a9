import { hostname } from 'node:os'
import type { JobRecord } from '#db/console/job-record.ts'
import { listJobsChangedSince, newestRevision } from '#db/console/queries/list-jobs.ts'
import { deleteAlarm, listAlarms, putAlarm } from '#db/console/tables/alarms.ts'
import { type ChannelRecord, claimPing, listChannels } from '#db/console/tables/channels.ts'
import { insertDelivery, sweepDeliveries } from '#db/console/tables/deliveries.ts'
import { listWaiting } from '#db/console/tables/proposals.ts'
import { listOpenRestoreApprovals } from '#db/console/tables/restore-approvals.ts'
import { getSetting, putSetting } from '#db/console/tables/settings.ts'
import { listWorkspaces, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { newDeliveryId } from '#lib/base/ids.ts'
import type { NotifyEvent } from '#lib/contracts/notify.ts'
import type { ServiceContext } from '../context.ts'
import { type Alarm, alarmsOf } from './alarms.ts'
import { matches, quietUntil } from './matcher.ts'

const SEEN = 'notify.seenRevision'
/** An alarm that goes on is told again after this long. */
const AGAIN_MS = 24 * 3_600_000
const KEPT_MS = 30 * 24 * 3_600_000

/**
 * Finds what happened since the last look and puts it into the outbox of each channel that wants it: jobs that ended, wherever they ran, alarms
 * that began or are over, and pings. Reads and writes rows only; nothing is sent here, and no job waits for it.
 */
export function raiseEvents(ctx: ServiceContext): void {
  const channels = listChannels(ctx.consoleDb)
  inTransaction(ctx.consoleDb, () => {
    for (const event of [...jobEvents(ctx), ...alarmEvents(ctx), ...proposalEvents(ctx), ...restoreEvents(ctx)])
      queueEvent(ctx, channels, event)
  })
  for (const channel of channels) if (channel.kind === 'ping') queuePing(ctx, channel)
  sweepDeliveries(ctx.consoleDb, new Date(ctx.clock.nowMs() - KEPT_MS).toISOString())
}

/** Puts an event into the outbox of each channel that wants it. */
export function queueEvent(ctx: ServiceContext, channels: readonly ChannelRecord[], event: NotifyEvent): void {
  const nowMs = ctx.clock.nowMs()
  for (const channel of channels) {
    if (channel.kind === 'ping' || !matches(channel.config, event)) continue
    const atMs = quietUntil(channel.config, event, nowMs) ?? nowMs
    insertDelivery(ctx.consoleDb, {
      ...{ id: newDeliveryId(), channelId: channel.id, event },
      nextTryAt: new Date(atMs).toISOString(),
      createdAt: new Date(nowMs).toISOString(),
    })
  }
}

/** Jobs that ended since the last look; none of those before the first one. */
function jobEvents(ctx: ServiceContext): NotifyEvent[] {
  const newest = newestRevision(ctx.consoleDb)
  const seen = getSetting(ctx.consoleDb, SEEN)
  if (typeof seen === 'number' && seen >= newest) return []
  const changed = typeof seen === 'number' ? listJobsChangedSince(ctx.consoleDb, seen) : []
  // What is read of many is followed up with the next look.
  const upTo = changed.at(-1)?.revision ?? newest
  putSetting(ctx.consoleDb, SEEN, upTo, new Date(ctx.clock.nowMs()).toISOString())
  return changed.flatMap((job) => eventOfJob(job))
}

const TOLD = {
  success: { type: 'job-done', severity: 'info', words: 'is done' },
  warning: { type: 'job-warning', severity: 'warning', words: 'ended with warnings' },
  failure: { type: 'job-failed', severity: 'critical', words: 'failed' },
  interrupted: { type: 'job-failed', severity: 'critical', words: 'was interrupted' },
} as const

/** A job that a person cancelled needs nobody to be told. */
function eventOfJob(job: JobRecord): NotifyEvent[] {
  if (job.status !== 'finished' || job.outcome === null || job.outcome === 'cancelled') return []
  const { type, severity, words } = TOLD[job.outcome]
  const problems = job.findings.filter((finding) => finding.severity !== 'info').map(({ message }) => message)
  return [
    {
      ...{ id: job.id, type, severity, isOver: false, workspaceId: job.workspaceId, workspace: job.workspace },
      title: `${job.title} ${words}`,
      detail: [job.error === null ? '' : `${job.error.message} ${job.error.hint}`.trim(), ...problems.slice(0, 5)]
        .filter(Boolean)
        .join('\n'),
      path: job.workspaceId === null ? null : `/w/${job.workspaceId}/jobs/${job.id}`,
      host: hostname(),
      at: job.finishedAt ?? job.createdAt,
    },
  ]
}

/** Proposals that wait for a decision, as they are stored; the outbox takes each of them once for a channel. */
function proposalEvents(ctx: ServiceContext): NotifyEvent[] {
  return listWaiting(ctx.consoleDb, null)
    .filter(({ status, expiresAt }) => status === 'open' && Date.parse(expiresAt) > ctx.clock.nowMs())
    .map(({ id, workspaceId, workspace, forgetCount, proposedBy, proposedAt, expiresAt }) => ({
      ...{ id: `proposal:${id}`, type: 'proposal', severity: 'warning', isOver: false, workspaceId, workspace },
      title: `${id} of ${workspace} waits for a lead: ${forgetCount === 1 ? 'an archive' : `${forgetCount} archives`} would move to trash`,
      detail: `Proposed by ${proposedBy}; it expires at ${expiresAt}. Nothing goes before it is approved.`,
      path: `/w/${workspaceId}/retention/${id}`,
      host: hostname(),
      at: proposedAt,
    }))
}

/** Restores in place that wait for a second person: the same event as a proposal, since the same people are waited for. */
function restoreEvents(ctx: ServiceContext): NotifyEvent[] {
  return listOpenRestoreApprovals(ctx.consoleDb, null)
    .filter(({ expiresAt }) => Date.parse(expiresAt) > ctx.clock.nowMs())
    .map(({ id, workspaceId, workspace, askedBy, askedAt, expiresAt, note }) => ({
      ...{ id: `restore-approval:${id}`, type: 'proposal', severity: 'critical', isOver: false, workspaceId, workspace },
      title: `${id} of ${workspace} waits for a lead: items would be replaced by those of an archive`,
      detail: `Asked for by ${askedBy}${note === null ? '' : ` (“${note}”)`}; it expires at ${expiresAt}. Nothing is touched before it is approved.`,
      path: `/w/${workspaceId}/restore/${id}`,
      host: hostname(),
      at: askedAt,
    }))
}

/** Alarms that began, go on for another day, or are over. */
function alarmEvents(ctx: ServiceContext): NotifyEvent[] {
  return listWorkspaces(ctx.consoleDb).flatMap((workspace) => {
    const told = new Map(listAlarms(ctx.consoleDb, workspace.id).map((alarm) => [alarm.code, alarm]))
    const nowMs = ctx.clock.nowMs()
    const now = new Date(nowMs).toISOString()
    const events: NotifyEvent[] = []
    for (const alarm of alarmsOf(ctx, workspace)) {
      const before = told.get(alarm.code)
      told.delete(alarm.code)
      // A clock that was set back must not silence what goes on.
      if (before && Math.abs(nowMs - Date.parse(before.toldAt)) < AGAIN_MS) continue
      putAlarm(ctx.consoleDb, workspace.id, { code: alarm.code, since: before?.since ?? alarm.since, toldAt: now })
      events.push(eventOfAlarm(workspace, alarm, now))
    }
    for (const { code, since } of told.values()) {
      deleteAlarm(ctx.consoleDb, workspace.id, code)
      events.push(eventOfEnd(workspace, code as Alarm['code'], since, now))
    }
    return events
  })
}

function eventOfAlarm({ id, name }: WorkspaceRecord, { code, severity, title, detail, page }: Alarm, at: string): NotifyEvent {
  const event = { type: code, severity, isOver: false, workspaceId: id, workspace: name, title, detail }
  return { ...event, id: `${id}:${code}:${at}`, path: `/w/${id}${page}`, host: hostname(), at }
}

const OVER: Record<Alarm['code'], { severity: NotifyEvent['severity']; words: (name: string) => string }> = {
  overdue: { severity: 'critical', words: (name) => `Backups of ${name} are no longer overdue` },
  paused: { severity: 'critical', words: (name) => `Backups of ${name} may go on: there is room again` },
  suspect: { severity: 'critical', words: (name) => `The newest archive of ${name} is no longer suspect` },
  damaged: { severity: 'critical', words: (name) => `Live files of ${name} are whole again` },
  'no-known-good': { severity: 'warning', words: (name) => `An archive of ${name} is known to be good again` },
  'replica-behind': { severity: 'critical', words: (name) => `Copies of ${name} are up to date again` },
  'replica-failed': { severity: 'warning', words: (name) => `Copies of ${name} work again` },
  'replica-tampered': { severity: 'critical', words: (name) => `Deleted or overwritten copies of ${name} were looked into` },
}

/** As severe as its beginning, so that it reaches whoever heard of that. */
function eventOfEnd({ id, name }: WorkspaceRecord, code: Alarm['code'], since: string, at: string): NotifyEvent {
  const { severity, words } = OVER[code]
  const event = {
    type: code,
    severity,
    isOver: true,
    workspaceId: id,
    workspace: name,
    title: words(name),
    detail: `It had begun at ${since}.`,
  }
  return { ...event, id: `${id}:${code}:over:${at}`, path: `/w/${id}`, host: hostname(), at }
}

/** A dead-man ping goes out only while no backup it stands for is overdue or paused: the other side raises the alarm when it stays away. */
function queuePing(ctx: ServiceContext, channel: ChannelRecord): void {
  const { config, lastPingAt } = channel
  const nowMs = ctx.clock.nowMs()
  const now = new Date(nowMs).toISOString()
  if (lastPingAt !== null && Math.abs(nowMs - Date.parse(lastPingAt)) < (config.everyMinutes ?? 15) * 60_000) return
  const own = listWorkspaces(ctx.consoleDb).filter(({ id }) => config.workspaceIds === null || config.workspaceIds.includes(id))
  if (own.some((workspace) => alarmsOf(ctx, workspace).some(({ code }) => code === 'overdue' || code === 'paused'))) return
  if (!claimPing(ctx.consoleDb, channel.id, lastPingAt, now)) return
  const event: NotifyEvent = {
    ...{ id: `ping:${now}`, type: 'test', severity: 'info', isOver: false, workspaceId: null, workspace: null, path: null },
    ...{ title: 'Orchive is alive, and no backup is overdue', detail: '', host: hostname(), at: now },
  }
  insertDelivery(ctx.consoleDb, { id: newDeliveryId(), channelId: channel.id, event, nextTryAt: now, createdAt: now })
}
