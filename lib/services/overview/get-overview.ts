import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { listProvenLevels } from '#db/catalog/queries/proven-levels.ts'
import { listJobs } from '#db/console/queries/list-jobs.ts'
import { listReplicas } from '#db/console/tables/replicas.ts'
import { listWatchedFiles } from '#db/console/tables/watched-files.ts'
import { requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { formatMoment } from '#lib/base/moment-text.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import type { FreeFloor } from '#lib/contracts/disk.ts'
import type { Job } from '#lib/contracts/job.ts'
import type { Overview } from '#lib/contracts/overview.ts'
import { STATE_KEY } from '#lib/engine/workspace/item-keys.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { floorOf } from '../disk/free-floor.ts'
import { jobOf } from '../jobs/shared-job.ts'
import { replicaAlarms } from '../replicas/replica-alarms.ts'
import { repositoryStats } from '../repository/repository-stats.ts'
import { listRestoreApprovals } from '../restore/approvals.ts'
import { listWaiting } from '../retention/proposals.ts'
import { runStateOf } from '../schedule/overdue.ts'
import { listDrillReports } from '../verify/drill-report.ts'
import { AGEING_MS } from '../verify/due-order.ts'
import { damageText } from '../watch/damage-text.ts'

/** So many drills say how long a recovery takes. */
const DRILLS_SHOWN = 12

/** Whether a workspace can be recovered now, and what needs a person. */
export function getOverview(ctx: ServiceContext, workspaceId: WorkspaceId): Overview {
  requireRight(ctx, 'list')
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  const nowMs = ctx.clock.nowMs()
  const facts = getWorkspaceFacts(ctx.catalogDb(), workspaceId, nowMs)
  const { nextRunAt, overdueSince } = runStateOf(ctx, workspace)
  const storage = repositoryStats(ctx, workspace.repositoryPath)
  const recentJobs = listJobs(ctx.consoleDb, { workspaceId, limit: 8 }).rows.map(jobOf)
  const base = {
    workspaceId,
    name: workspace.name,
    now: new Date(nowMs).toISOString(),
    ...facts,
    proven: listProvenLevels(ctx.catalogDb(), workspaceId, nowMs),
    drills: listDrillReports(ctx, workspaceId, DRILLS_SHOWN).map(({ jobId, verdict, finishedAt, durationMs }) => ({
      jobId,
      verdict,
      finishedAt,
      durationMs,
    })),
    nextRunAt,
    overdueSince,
    storage,
    recentJobs,
    live: listWatchedFiles(ctx.consoleDb, workspaceId).map(({ stamp: _, ...seen }) => seen),
  }
  return {
    ...base,
    needs: [
      ...restoreNeeds(ctx, workspaceId, nowMs),
      ...decisionNeeds(ctx, workspaceId, nowMs),
      ...replicaNeeds(ctx, workspace),
      ...needsOf(base, floorOf(ctx, workspace.repositoryPath), nowMs),
      ...offHostNeeds(ctx, workspace, facts.archives),
    ].slice(0, 5),
  }
}

type Needs = Overview['needs']

/** A restore that somebody wants a second person for comes before everything: something is broken, and it is held up. */
function restoreNeeds(ctx: ServiceContext, workspaceId: WorkspaceId, nowMs: number): Needs {
  return listRestoreApprovals(ctx, workspaceId).map(({ id, askedBy, expiresAt }) => ({
    code: `restore-${id}`,
    severity: 'hold',
    title: `${id} waits for a lead: a restore in place`,
    detail: `Asked for by ${askedBy}, expires in ${formatDuration(Date.parse(expiresAt) - nowMs)}. Nothing is touched before it is approved.`,
    action: `Review ${id}`,
    href: `/w/${workspaceId}/restore/${id}`,
  }))
}

/** A proposal that waits for a decision; the one that expires first comes first anyway: there is one a workspace. */
function decisionNeeds(ctx: ServiceContext, workspaceId: WorkspaceId, nowMs: number): Needs {
  return listWaiting(ctx, workspaceId)
    .filter(({ status }) => status === 'open')
    .map(({ id, forgetCount, proposedBy, expiresAt }) => ({
      code: `proposal-${id}`,
      severity: 'hold',
      title: `${id} waits for a lead: ${forgetCount === 1 ? 'an archive' : `${forgetCount} archives`} would move to trash`,
      detail: `Proposed by ${proposedBy}, expires in ${formatDuration(Date.parse(expiresAt) - nowMs)}. Nothing goes before it is approved.`,
      action: `Review ${id}`,
      href: `/w/${workspaceId}/retention/${id}`,
    }))
}

/** What is wrong with copies at other places, by the same rules as the alarms. */
function replicaNeeds(ctx: ServiceContext, workspace: WorkspaceRecord): Needs {
  return replicaAlarms(ctx, workspace).map(({ code, severity, title, detail }) => ({
    ...{ code, title, detail },
    severity: severity === 'critical' ? ('bad' as const) : ('warn' as const),
    action: 'See the replicas',
    href: `/w/${workspace.id}/replicas`,
  }))
}

/** As long as everything lies on one host, one fire takes it all. */
function offHostNeeds(ctx: ServiceContext, { id }: WorkspaceRecord, archives: number): Needs {
  if (archives === 0 || listReplicas(ctx.consoleDb, id).length > 0) return []
  return [
    {
      code: 'no-replica',
      severity: 'info',
      title: 'Every copy is on this host',
      detail: 'A fire, a theft or a stolen password takes the workspace and its archives. Keep a copy somewhere else.',
      action: 'Set up a replica',
      href: `/w/${id}/replicas?add=1`,
    },
  ]
}

function needsOf(view: Omit<Overview, 'needs'>, floor: FreeFloor, nowMs: number): Needs {
  const needs: Needs = []
  const base = `/w/${view.workspaceId}`
  const failed = lastFailure(view.recentJobs)
  needs.push(...damageNeeds(view, nowMs))
  if (view.newest?.suspect) {
    needs.push({
      code: 'suspect',
      severity: 'warn',
      title: 'The newest archive is suspect',
      detail: 'The State file looks torn, reset or shrunken. Look at it, then accept it with a reason or restore an older one.',
      action: 'See the archive',
      href: `${base}/archives?sel=${view.newest.id}`,
    })
  }
  if (failed)
    needs.push({
      code: 'job-failed',
      severity: 'bad',
      title: `${failed.title} ${failed.outcome === 'interrupted' ? 'was interrupted' : 'failed'}`,
      detail: failed.error?.message ?? '',
      action: 'See the job',
      href: `${base}/jobs/${failed.id}`,
    })
  if (view.overdueSince) {
    needs.push({
      code: 'overdue',
      severity: 'warn',
      title: `A backup is overdue by ${formatDuration(nowMs - Date.parse(view.overdueSince))}`,
      detail:
        'The scheduled run did not happen. See why on the Jobs page. The console runs schedules while it is up; see `orchive schedule export` for hosts that stop it.',
      action: null,
      href: null,
    })
  }
  needs.push(...proofNeeds(view, nowMs))
  if (view.newest && view.lastGood?.id !== view.newest.id && !view.newest.suspect) {
    needs.push({
      code: 'unproven',
      severity: 'info',
      title: 'The newest archive is not proven',
      detail:
        view.newest.grade === null
          ? 'No check has read it back yet. Verify it to know that it can be restored.'
          : `The newest check reached L${view.newest.grade}; what is below L3 is not known good. See what it found.`,
      action: 'Verify it',
      href: `${base}/archives?sel=${view.newest.id}`,
    })
  }
  if (floor.isBelow) {
    needs.unshift({
      code: 'disk',
      severity: 'bad',
      title: `Backups are paused: ${formatBytes(floor.freeBytes)} are free for archives`,
      detail: `${formatBytes(floor.floorBytes)} have to stay free, so that the disk is never filled. See what takes the space, and what can leave.`,
      action: 'See the disk',
      href: `${base}/disk`,
    })
  }
  return needs.slice(0, 5)
}

/** Live critical files that are damaged now: the first thing to know. The state has a runbook, others come back by a restore. */
function damageNeeds({ live, lastGood, workspaceId }: Omit<Overview, 'needs'>, nowMs: number): Needs {
  return live
    .filter(({ verdict }) => verdict !== 'fine')
    .map((file) => {
      const isState = file.itemKey === STATE_KEY
      const archive = lastGood ? `?archive=${lastGood.id}` : ''
      return {
        code: isState ? 'state' : `live-${file.itemKey}`,
        severity: 'bad',
        ...damageText(file, nowMs),
        action: isState ? 'Open the runbook' : 'Plan restore',
        href: isState ? `/w/${workspaceId}/runbooks/state` : `/w/${workspaceId}/restore${archive}`,
      }
    })
}

/** A proof that lapses soon, and a drill that did not pass. */
function proofNeeds({ lastGood, recentJobs, workspaceId }: Omit<Overview, 'needs'>, nowMs: number): Needs {
  const needs: Needs = []
  const drill = recentJobs.find((job) => job.kind === 'drill' && job.status === 'finished')
  if (drill?.outcome === 'failure') {
    const { verdict } = (drill.result ?? {}) as { verdict?: unknown }
    const isBad = verdict === 'archive-bad'
    needs.push({
      code: 'drill-failed',
      severity: isBad ? 'bad' : 'warn',
      title: isBad ? `${drill.title} found the archive bad` : `${drill.title} could not be carried out`,
      detail: isBad ? (drill.findings[0]?.message ?? '') : 'This says nothing about the archive. See what was missing, then drill again.',
      action: 'See the drill',
      href: `/w/${workspaceId}/jobs/${drill.id}`,
    })
  }
  const lapses = lastGood?.gradeExpiresAt
  if (lastGood && lapses && Date.parse(lapses) - nowMs <= AGEING_MS) {
    needs.push({
      code: 'lapsing',
      severity: 'warn',
      title: `The proof of the newest known good archive lapses on ${formatMoment(Date.parse(lapses), nowMs)}`,
      detail: 'After that nothing says that it can be restored. Verify it again.',
      action: 'Verify it',
      href: `/w/${workspaceId}/archives?sel=${lastGood.id}`,
    })
  }
  return needs
}

/** The newest finished job of each kind counts: a later success settles an earlier failure. */
function lastFailure(jobs: readonly Job[]): Job | null {
  const newest = jobs.find((job) => job.status === 'finished' && job.kind === 'backup')
  return newest && (newest.outcome === 'failure' || newest.outcome === 'interrupted') ? newest : null
}
