import { createHash } from 'node:crypto'
import { AppError, toAppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import { plural } from '#lib/base/plural.ts'
import type { Finding } from '#lib/contracts/common.ts'
import { asArguments, hostOptions } from '#lib/contracts/host-options.ts'
import type { JobEvent, JobProgress } from '#lib/contracts/job.ts'
import type { RunbookResult, RunbookStep } from '#lib/contracts/recover.ts'
import type { BroughtBack, WholeHostPart, WholeHostPlan, WholeHostResult } from '#lib/contracts/whole-host.ts'
import { commandLine } from '#lib/jobs/command-line.ts'
import { recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { filesOf, planWorkspaces, type WholeHostInput } from './plan-whole-host.ts'
import { recoverHost, reviewedPlanIsStale } from './recover-host.ts'
import { assertRoom } from './room.ts'

export interface RecoverWholeHostInput extends WholeHostInput {
  /** Digest of the plan that was reviewed; null = what is planned now. */
  digest: string | null
  /** Start although a disk seems to have too little room. */
  ignoreSpace: boolean
  waitMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/**
 * Brings several workspaces back, one after the other, as a job of this process. Each is a job of its own within it, with its steps, its log and its undo: one that
 * fails leaves the others as they are, and what was cut off can be taken up again for the rest. The source has been taken in by the plan.
 */
export function recoverWholeHost(ctx: ServiceContext, given: RecoverWholeHostInput): Promise<JobWork<WholeHostResult>> {
  requireRight(ctx, 'settings')
  requireRight(ctx, 'restore')
  const { command, jobId, signal, onEvent, workspaces, roots, maps } = given
  const title = wholeHostTitle(workspaces.length)
  const job = { kind: 'recover' as const, title, workspace: null, input: { workspaces, roots, maps } }
  return runAsJob(ctx, { ...job, command, jobId, signal, onEvent }, async (reporter) => {
    const plan = await planWorkspaces(ctx, given, null)
    if (given.digest !== null && plan.digest !== given.digest) throw reviewedPlanIsStale()
    assertRoom(plan.volumes, given.ignoreSpace)
    return new WholeHostRun(ctx, given, plan, reporter).run()
  })
}

/** What such a job is called. */
export const wholeHostTitle = (workspaces: number): string => `Bring ${plural(workspaces, 'workspace')} back`

class WholeHostRun {
  private readonly ctx: ServiceContext
  private readonly input: RecoverWholeHostInput
  private readonly plan: WholeHostPlan
  private readonly reporter: JobReporter
  private readonly told: BroughtBack[]
  /** All content of the one under way is on the disk, or on its way there. */
  private isStaged = false

  constructor(ctx: ServiceContext, input: RecoverWholeHostInput, plan: WholeHostPlan, reporter: JobReporter) {
    this.ctx = ctx
    this.input = input
    this.plan = plan
    this.reporter = reporter
    this.told = plan.workspaces.map(notBegun)
  }

  async run(): Promise<JobWork<WholeHostResult>> {
    this.reporter.soFar(this.result())
    try {
      for (const [at, part] of this.plan.workspaces.entries()) if (part.plan !== null) await this.bringBack(part, at)
    } finally {
      this.report()
    }
    return { outcome: this.outcome(), findings: this.told.flatMap(findingsOf), result: this.result() }
  }

  private async bringBack({ workspaceId: id, workspace: name, plan }: WholeHostPart, at: number): Promise<void> {
    const { ctx, input, reporter } = this
    const { signal, waitMs, maps, rewriteConfig, ignoreSpace } = input
    if (signal.aborted) throw new AppError('cancelled', { message: `It was cancelled before ${name} was begun.` })
    const { archiveId, root, digest, items } = plan!
    const leaveOut = items.filter(({ isLeftOut }) => isLeftOut).map(({ key }) => key)
    this.isStaged = false
    this.tell(at, { outcome: 'running', startedAt: this.now() })
    reporter.log('info', `${name}: to ${root}.`)
    const request = { workspace: id, archive: archiveId, root, maps, rewriteConfig, leaveOut, ignoreSpace }
    try {
      const done = await recoverHost(ctx, {
        ...request,
        ...{ repositoryPath: null, tarPath: null, digest, waitMs, signal, jobId: null, named: { id, name }, command: commandOf(request) },
        onJob: (jobId) => this.tell(at, { jobId }),
        onEvent: (event) => event.type === 'progress' && this.progress(at, event),
      })
      this.tell(at, { outcome: 'back', finishedAt: this.now(), ...whatIsBack(done) })
      reporter.log('info', `${name} is back.`)
    } catch (error) {
      const { code, message, hint, context } = toAppError(error)
      const steps = (context.steps ?? []) as RunbookStep[]
      const isCancelled = code === 'cancelled' || signal.aborted
      const areFilesBack = steps.some((step) => step.id === 'restore' && step.outcome === 'done')
      const why = areFilesBack ? { code, message, hint: `Its files are back. ${hint}` } : { code, message, hint }
      this.tell(at, {
        outcome: isCancelled ? 'cancelled' : 'failed',
        finishedAt: this.now(),
        areFilesBack,
        error: isCancelled ? null : why,
      })
      if (isCancelled) throw new AppError('cancelled', { message: `It was cancelled while ${name} came back.`, cause: error })
      reporter.log('error', `${name}: ${message}`)
    }
  }

  /** What is written so far of all that is still to come back: what failed is not to come any more. */
  private progress(at: number, { phase, filesDone, bytesDone, currentPath }: JobProgress): void {
    const { told } = this
    const ready = this.plan.workspaces.flatMap(({ plan }, index) => (plan === null ? [] : [index]))
    const sum = (pick: 'files' | 'contentBytes', isMeant: (part: BroughtBack) => boolean) =>
      told.reduce((total, part) => (isMeant(part) ? total + part[pick] : total), 0)
    const isBack = (part: BroughtBack) => part.areFilesBack
    const isToBe = (part: BroughtBack) => isBack(part) || part.outcome === 'running' || part.outcome === 'waiting'
    const part = told[at]!
    const isStaging = phase === 'stage'
    this.isStaged ||= isStaging
    // What comes after staging counts something else, or nothing.
    const written = (whole: number, staged: number) => (this.isStaged ? Math.min(whole, isStaging ? staged : whole) : 0)
    this.reporter.progress({
      phase: `${ready.indexOf(at) + 1} of ${ready.length}, ${part.workspace}: ${phase}`,
      filesDone: sum('files', isBack) + written(part.files, filesDone),
      filesTotal: sum('files', isToBe),
      bytesDone: sum('contentBytes', isBack) + written(part.contentBytes, bytesDone),
      bytesTotal: sum('contentBytes', isToBe),
      currentPath,
    })
  }

  private tell(at: number, change: Partial<BroughtBack>): void {
    this.told[at] = { ...this.told[at]!, ...change }
    this.reporter.soFar(this.result())
    this.reporter.event({ type: 'workspace', workspace: this.told[at] })
  }

  private result(): WholeHostResult {
    const { archive, maps, rewriteConfig, leaveOut } = this.input
    return {
      runbook: 'whole-host',
      workspaces: [...this.told],
      asked: { archive, maps, rewriteConfig, leaveOut: [...leaveOut] },
      digest: this.plan.digest,
    }
  }

  private outcome(): 'success' | 'warning' | 'failure' {
    const has = (...outcomes: BroughtBack['outcome'][]) => this.told.some(({ outcome }) => outcomes.includes(outcome))
    if (has('failed')) return 'failure'
    return has('stopped') || this.told.some(({ warnings }) => warnings > 0) ? 'warning' : 'success'
  }

  /** Each workspace that was begun has its own line; this one says what became of all, and holds for how they were told. */
  private report(): void {
    const count = (...outcomes: BroughtBack['outcome'][]) => this.told.filter(({ outcome }) => outcomes.includes(outcome)).length
    const digest = createHash('sha256').update(JSON.stringify(this.told)).digest('hex')
    const object = { kind: 'job', id: this.reporter.jobId }
    recordDone(this.ctx, this.reporter, 'runbook.whole-host', object, {
      ...{ back: count('back'), failed: count('failed'), cancelled: count('cancelled'), notBegun: count('waiting', 'stopped') },
      ...{ plan: this.plan.digest, digest },
    })
  }

  private now(): string {
    return new Date(this.ctx.clock.realNowMs()).toISOString()
  }
}

/** What is told of a workspace before it is begun. */
export function notBegun({ workspaceId, workspace, root, state, why, plan }: WholeHostPart): BroughtBack {
  return {
    ...{ workspaceId, workspace, root, archiveId: plan?.archiveId ?? null, createdAt: plan?.createdAt ?? null },
    ...{ files: plan === null ? 0 : filesOf(plan), contentBytes: plan?.contentBytes ?? 0 },
    outcome: state === 'ready' ? 'waiting' : state,
    ...{ jobId: null, startedAt: null, finishedAt: null, restoredFiles: 0, restoredBytes: 0 },
    ...{ areFilesBack: false, isStarted: false, warnings: 0, error: why },
  }
}

function whatIsBack({ result: { restore, steps }, findings }: JobWork<RunbookResult>): Partial<BroughtBack> {
  return {
    areFilesBack: true,
    isStarted: steps.some(({ id, outcome }) => id === 'health' && outcome === 'done'),
    restoredFiles: restore?.restoredFiles ?? 0,
    restoredBytes: restore?.restoredBytes ?? 0,
    warnings: findings.length,
  }
}

function findingsOf({ outcome, workspace, root, error, warnings }: BroughtBack): Finding[] {
  if (error !== null)
    return [
      {
        severity: outcome === 'failed' ? 'error' : 'warning',
        code: error.code,
        path: root,
        message: `${workspace} ${outcome === 'failed' ? 'is not back' : 'was not begun'}: ${error.message}`,
      },
    ]
  const message = `${workspace} is back with ${plural(warnings, 'warning')}: see its own job.`
  return warnings === 0 ? [] : [{ severity: 'warning', code: 'restored_with_warnings', path: root, message }]
}

/** The verb that brings this one back alone. */
const commandOf = (request: Parameters<typeof hostOptions>[0]) =>
  commandLine(['recover', 'host', ...asArguments(hostOptions(request)), '--yes'])
