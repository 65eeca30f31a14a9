import { hostname } from 'node:os'
import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { getWorkspace } from '#db/console/tables/workspaces.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { formatMoment } from '#lib/base/moment-text.ts'
import type { Grade } from '#lib/contracts/common.ts'
import type { DrillReport } from '#lib/contracts/drill.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { DrillResult } from '#lib/engine/drill/drill-types.ts'
import { runDrill } from '#lib/engine/drill/run-drill.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'
import { drillCommandOf } from './drill-command.ts'
import { drillFolder, scratchParent, sweepDrills } from './drill-scratch.ts'
import { type KeptRung, keepGrade, proofEnd } from './keep-grade.ts'

export interface DrillArchiveInput {
  archiveId: ArchiveId
  /** Absolute folder to work below; null = below the home. */
  scratch: string | null
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/**
 * Drills an archive as a job of this process. A pass and a bad archive become marks, and so a grade; a drill that the host could not carry out
 * says nothing about the archive and changes no grade.
 */
export function drillArchive(ctx: ServiceContext, input: DrillArchiveInput): Promise<JobWork<DrillReport>> {
  requireRight(ctx, 'verify')
  const { archiveId, scratch, jobId, command, signal, onEvent } = input
  const archive = requireArchive(ctx.catalogDb(), archiveId)
  const workspace = getWorkspace(ctx.consoleDb, archive.workspaceId)
  const job = {
    kind: 'drill' as const,
    title: `Drill ${formatMoment(archive.createdAtMs, ctx.clock.nowMs())}`,
    workspace: workspace && { id: workspace.id, name: workspace.name },
    input: { archiveId, scratch },
  }
  return runAsJob(ctx, { ...job, jobId, command, signal, onEvent }, (reporter) =>
    withRepository(ctx, archive.repository.location, (repository) => drillIn(ctx, repository, input, reporter)),
  )
}

async function drillIn(
  ctx: ServiceContext,
  repository: Repository,
  { archiveId, scratch, signal }: DrillArchiveInput,
  reporter: JobReporter,
): Promise<JobWork<DrillReport>> {
  const startedAt = new Date(ctx.clock.nowMs()).toISOString()
  const reader = await repository.reader(archiveId)
  const { manifest } = reader
  const named = { id: manifest.workspaceId, name: getWorkspace(ctx.consoleDb, manifest.workspaceId)?.name ?? manifest.workspaceName }
  const parent = scratchParent(ctx, scratch, manifest, requireArchive(ctx.catalogDb(), archiveId).repository.location)
  const host = await drillCommandOf(ctx, named, signal)
  const result = await runDrill({
    repository,
    reader,
    manifest,
    folder: drillFolder(parent, reporter.jobId),
    jobId: reporter.jobId,
    sweep: () => sweepDrills(ctx, parent),
    command: host?.command ?? null,
    signal,
    onProgress: (progress) => reporter.progress(progress),
    onLog: (message) => reporter.log('info', message),
  })
  const { verdict, steps, findings, restoredFiles, restoredBytes, durationMs } = result
  const rungs = rungsOf(result)
  if (rungs.length > 0) await keepGrade(ctx, repository, archiveId, rungs, reporter)
  const grade = gradeOf(rungs)
  const { framesRead = 0, bytesRead = 0 } = result.verified ?? {}
  const nowMs = ctx.clock.nowMs()
  const report: DrillReport = {
    jobId: reporter.jobId,
    archiveId,
    archiveAt: manifest.createdAt,
    workspaceId: manifest.workspaceId,
    workspace: named.name,
    verdict,
    grade,
    startedAt,
    finishedAt: new Date(nowMs).toISOString(),
    durationMs,
    expiresAt: verdict === 'passed' ? proofEnd(5, nowMs) : null,
    actor: ctx.actor.name,
    host: hostname(),
    scratch: drillFolder(parent, reporter.jobId),
    restoredFiles,
    restoredBytes,
    drillCommand: host === null || host.argv.length === 0 ? null : host.argv,
    steps,
    findings,
    archives: grade === null ? [] : [{ archiveId, grade, findings, framesRead, bytesRead, durationMs }],
  }
  for (const { title, outcome, evidence } of steps) reporter.log('info', `${title}: ${outcome}. ${evidence}`)
  const object = { kind: 'archive', id: archiveId, workspaceId: manifest.workspaceId }
  recordDone(ctx, reporter, 'archive.drill', object, { verdict, grade })
  const isDoubtful = findings.some(({ severity }) => severity !== 'info')
  return { outcome: verdict === 'passed' ? (isDoubtful ? 'warning' : 'success') : 'failure', findings, result: report }
}

/** What the drill proved or refuted; nothing when the host could not carry it out. */
function rungsOf({ verdict, verified, findings, durationMs }: DrillResult): KeptRung[] {
  if (verdict === 'environment-broke') return []
  return [...(verified?.rungs ?? []), { level: 5, passed: verdict === 'passed', durationMs, findings }]
}

function gradeOf(rungs: readonly KeptRung[]): Grade | null {
  if (rungs.length === 0) return null
  const failed = rungs.find(({ passed }) => !passed)
  return (failed ? failed.level - 1 : 5) as Grade
}
