/**
 * The runbook “disk pressure”. Order, always: plan → archive of exactly these files → hold → every byte read back → record of the deletion →
 * delete. Whatever fails before the deletion leaves every file where it is; the writer's lease is kept until the end, so that nobody can
 * forget or prune the archive in between.
 */
import { AppError, toAppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { OffloadPlan, OffloadResult } from '#lib/contracts/disk.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { Finding } from '#lib/engine/finding.ts'
import { pathsOf } from '#lib/engine/offload/choose-files.ts'
import type { Lease } from '#lib/engine/repository/lease.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { archiveWorkspace } from '../archives/take-archive.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { absorbMarks } from '../catalog/absorb-archive.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'
import { verifyArchives } from '../verify/verify-archives.ts'
import { type Deletion, deleteArchived } from './delete-archived.ts'
import { settleOffloads } from './interrupted-offloads.ts'
import { filesText } from './offload-texts.ts'
import type { PreparedOffload } from './plan-offload.ts'
import { lookAndPlan, type OffloadRequest, stepsOf } from './preview-offload.ts'
import type { RunbookSteps } from './runbook-steps.ts'

/** Why an offload archive is held. */
const HOLD_REASON = 'offload: held until a lead releases it'
/** The grade that an offload archive must reach before anything is deleted. */
const NEEDED_GRADE = 3
/** A result names this many files that were left. */
const SHOWN_LEFT = 1000

export interface OffloadInput extends OffloadRequest {
  /** Digest of the plan that was reviewed; null = what is planned now. */
  digest: string | null
  waitMs: number
  jobId: JobId | null
  /** As a person would type it. */
  command: string
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** Offloads as a job of this process. */
export function runOffload(ctx: ServiceContext, input: OffloadInput): Promise<JobWork<OffloadResult>> {
  requireRight(ctx, 'offload')
  const { workspace, policy, command, jobId, signal, onEvent } = input
  const { id, name } = workspace
  const job = { kind: 'offload' as const, title: `Offload old files of ${name}`, workspace: { id, name }, input: policy }
  return runAsJob(ctx, { ...job, command, jobId, signal, onEvent }, (reporter) => new OffloadRun(ctx, input, reporter).run())
}

class OffloadRun {
  private readonly ctx: ServiceContext
  private readonly input: OffloadInput
  private readonly reporter: JobReporter
  private readonly steps: RunbookSteps
  private readonly startedMs: number

  constructor(ctx: ServiceContext, input: OffloadInput, reporter: JobReporter) {
    this.ctx = ctx
    this.input = input
    this.reporter = reporter
    this.startedMs = ctx.clock.monotonicMs()
    this.steps = stepsOf(ctx, (step) => {
      reporter.event({ type: 'step', step })
      if (step.outcome === 'done' || step.outcome === 'warning') reporter.log('info', `${step.title}: ${step.detail}`)
    })
  }

  async run(): Promise<JobWork<OffloadResult>> {
    const { ctx, input, reporter } = this
    const earlier = settleOffloads(ctx, input.workspace)
    for (const { message } of earlier) reporter.log('warning', message)
    const { prepared } = await lookAndPlan(ctx, this.steps, input)
    this.assertReviewed(prepared.plan)
    reporter.event({ type: 'plan', plan: prepared.plan })
    if (prepared.chosen.length === 0) return this.workOf(prepared, null, null, earlier)
    return withRepository(ctx, input.workspace.repositoryPath, async (repository) => {
      const lease = await this.lock(repository)
      try {
        const { archiveId, grade } = await this.archiveAndProve(repository, prepared, lease)
        const deletion = await this.delete(repository, prepared, archiveId, lease)
        return this.workOf(prepared, { archiveId, grade }, deletion, earlier)
      } finally {
        await lease.release()
      }
    })
  }

  private assertReviewed(plan: OffloadPlan): void {
    if (this.input.digest === null || this.input.digest === plan.digest) return
    throw new AppError('plan_stale', {
      message: 'What would leave the disk is not what was reviewed: files changed, were opened or became old enough meanwhile.',
      hint: 'Nothing was archived or deleted. Plan again and review it.',
      context: { digest: plan.digest },
    })
  }

  private lock(repository: Repository): Promise<Lease> {
    const { ctx, input, reporter } = this
    return repository.lock({
      purpose: `offload of ${input.workspace.name}`,
      since: new Date(ctx.clock.realNowMs()).toISOString(),
      monotonicMs: () => ctx.clock.monotonicMs(),
      waitMs: input.waitMs,
      signal: input.signal,
      onWait: (holder) =>
        reporter.progress({ phase: 'waiting', filesDone: 0, filesTotal: null, bytesDone: 0, bytesTotal: null, currentPath: holder }),
    })
  }

  private async archiveAndProve(
    repository: Repository,
    prepared: PreparedOffload,
    lease: Lease,
  ): Promise<{ archiveId: ArchiveId; grade: OffloadResult['grade'] }> {
    const archiveId = await this.steps.run('archive', async () => {
      const { id, totals } = await this.archive(repository, prepared, lease)
      const detail = `${id}: ${filesText(totals.files)}, ${formatBytes(totals.contentBytes)}, ${formatBytes(totals.storedBytes)} new in the repository; held.`
      return [id, { detail }]
    })
    const grade = await this.steps.run('verify', () => this.prove(archiveId))
    return { archiveId, grade }
  }

  /** Every file is read from the disk now, whatever stamps say: this archive may become its only copy. */
  private async archive(repository: Repository, { resolution, chosen, plan }: PreparedOffload, lease: Lease) {
    const { ctx, input, reporter } = this
    const paths = pathsOf(chosen)
    const keys = new Set(chosen.map(({ itemKey }) => itemKey))
    const { manifest } = await archiveWorkspace(ctx, {
      workspace: input.workspace,
      repository,
      resolution: { ...resolution, items: resolution.items.filter(({ key }) => keys.has(key)) },
      kind: 'offload',
      note: `${filesText(plan.totals.files)} moved off the live disk`,
      rescan: true,
      only: (path) => paths.has(path),
      waitMs: input.waitMs,
      signal: input.signal,
      reporter,
      lease,
    })
    const at = new Date(ctx.clock.nowMs()).toISOString()
    await repository.addMark(manifest.id, { kind: 'hold', at, actor: ctx.actor.name, reason: HOLD_REASON, until: null })
    try {
      await ctx.withCatalog((catalogDb) => absorbMarks({ repository, catalogDb }, manifest.id))
    } catch (error) {
      reporter.log('warning', `The archive is held, but the catalog does not show it yet: ${toAppError(error).message}`)
    }
    return manifest
  }

  private async prove(archiveId: ArchiveId): Promise<[OffloadResult['grade'], { detail: string }]> {
    const { ctx, input, reporter } = this
    const { result } = await verifyArchives(ctx, {
      archiveId,
      level: 'content',
      jobId: null,
      command: `orchive verify ${archiveId}`,
      signal: input.signal,
      onEvent: (event) => {
        if (event.type === 'progress') reporter.progress(event)
      },
    })
    const { grade, findings, bytesRead } = result.archives[0]!
    if (grade >= NEEDED_GRADE)
      return [grade as OffloadResult['grade'], { detail: `Reached L${grade}; ${formatBytes(bytesRead)} read back.` }]
    throw new AppError('repository_damaged', {
      message: `The offload archive ${archiveId} stopped at L${grade}: ${findings[0]?.message ?? 'it could not be read back'}`,
      hint: 'Nothing was deleted. Look at the disk of the repository, then run it again.',
    })
  }

  private delete(repository: Repository, prepared: PreparedOffload, archiveId: ArchiveId, lease: Lease): Promise<Deletion> {
    const { ctx, input, reporter, steps } = this
    return steps.run('delete', async () => {
      input.signal.throwIfAborted()
      await lease.assertHeld()
      const deletion = await deleteArchived(ctx, { repository, prepared, archiveId, jobId: reporter.jobId, signal: input.signal, reporter })
      const left = deletion.left.length === 0 ? '' : ` ${filesText(deletion.left.length)} left where they are.`
      const detail = `${filesText(deletion.removedFiles)}, ${formatBytes(deletion.removedBytes)} deleted.${left}`
      return [deletion, { outcome: left === '' ? 'done' : 'warning', detail }]
    })
  }

  private async workOf(
    { plan }: PreparedOffload,
    archived: { archiveId: ArchiveId; grade: OffloadResult['grade'] } | null,
    deletion: Deletion | null,
    earlier: Finding[],
  ): Promise<JobWork<OffloadResult>> {
    const { ctx, input, reporter, steps } = this
    if (deletion === null)
      for (const id of ['archive', 'verify', 'delete', 're-check']) steps.note(id, 'skipped', 'There is nothing to do.')
    else
      await steps.run('re-check', async () => {
        const free = deletion.space.map(({ mountPath, freeBytesAfter }) => `${mountPath} ${formatBytes(freeBytesAfter)} free`).join('; ')
        return [null, { detail: `${formatBytes(deletion.freedBytes)} freed by measure. ${free}.` }]
      })
    const { files: _files, groups: _groups, ...shown } = plan
    const left = deletion?.left ?? []
    const result: OffloadResult = {
      steps: steps.all,
      plan: shown,
      archiveId: archived?.archiveId ?? null,
      grade: archived?.grade ?? null,
      removedFiles: deletion?.removedFiles ?? 0,
      removedBytes: deletion?.removedBytes ?? 0,
      left: left.slice(0, SHOWN_LEFT),
      freedBytes: deletion?.freedBytes ?? null,
      space: deletion?.space ?? [],
      journalPath: deletion?.journalPath ?? null,
      undo: archived && deletion && deletion.removedFiles > 0 ? `orchive restore ${archived.archiveId} --in-place` : null,
      durationMs: Math.round(ctx.clock.monotonicMs() - this.startedMs),
    }
    const { archiveId, removedFiles, removedBytes } = result
    const object = { kind: 'workspace', id: input.workspace.id, workspaceId: input.workspace.id }
    recordDone(ctx, reporter, 'workspace.offload', object, {
      archiveId,
      removedFiles,
      removedBytes,
      left: left.length,
      digest: plan.digest,
    })
    const findings = [...earlier, ...plan.problems, ...left.map(leftFinding)]
    const isDoubtful = findings.some(({ severity }) => severity !== 'info')
    return { outcome: isDoubtful ? 'warning' : 'success', findings, result }
  }
}

const leftFinding = ({ path, reason, message }: OffloadResult['left'][number]): Finding => ({
  severity: 'warning',
  code: `offload_${reason.replaceAll('-', '_')}`,
  path,
  message,
})
