import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { RunbookResult, SalvageMode, StatePlan } from '#lib/contracts/recover.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'
import { archiveWorkspace } from '../archives/take-archive.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'
import { restoreWithin } from '../restore/restore-archive.ts'
import { tellAlone } from '../restore/second-person.ts'
import { resolveNow } from '../workspaces/resolve.ts'
import { type PlannedState, planState } from './plan-state.ts'
import { Runbook } from './runbook.ts'
import { STATE_STEPS } from './step-titles.ts'

export interface RecoverStateInput {
  workspace: WorkspaceRecord
  /** Null = the newest known-good one. */
  archiveId: ArchiveId | null
  salvage: SalvageMode
  waitMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** How the state of a workspace would be recovered, without touching anything. For job processes. */
export function planStateRecovery(
  ctx: ServiceContext,
  input: Pick<RecoverStateInput, 'workspace' | 'archiveId' | 'salvage' | 'signal'>,
): Promise<StatePlan> {
  return withRepository(ctx, input.workspace.repositoryPath, async (repository) => {
    const resolution = await resolveNow(ctx, input.workspace)
    return (await planState(ctx, repository, resolution, input)).plan
  })
}

/**
 * The runbook for a corrupt state file, as a job of this process. The corrupt file is kept before anything else is done; the state that takes its
 * place comes out of an archive in any case, so that the swap is the same transaction as every restore in place.
 */
export function recoverState(ctx: ServiceContext, input: RecoverStateInput): Promise<JobWork<RunbookResult>> {
  requireRight(ctx, 'restore')
  const { workspace, command, jobId, signal, onEvent, archiveId, salvage } = input
  const named = { id: workspace.id, name: workspace.name }
  const job = { kind: 'recover' as const, title: `Recover the state of ${workspace.name}`, workspace: named, input: { archiveId, salvage } }
  return runAsJob(ctx, { ...job, command, jobId, signal, onEvent }, (reporter) =>
    withRepository(ctx, workspace.repositoryPath, async (repository) => {
      // What a console started was decided there.
      if (jobId === null) tellAlone(ctx, reporter, { workspace: named, what: 'recover', detail: { archiveId, salvage } })
      const runbook = new Runbook(ctx, reporter, { runbook: 'state', titles: STATE_STEPS, ahead: stepsOf(salvage) })
      const result = await runbook.run(() => new StateRunbook(ctx, input, repository, runbook, reporter).run())
      const warnings = result.restore?.warnings ?? []
      const findings = warnings.map(({ path, code, message }) => ({ severity: 'warning' as const, code, path, message }))
      return { outcome: findings.length > 0 ? 'warning' : 'success', findings, result }
    }),
  )
}

type StateStep = keyof typeof STATE_STEPS

/** Those that are taken; the state was chosen with the plan. */
const stepsOf = (salvage: SalvageMode): StateStep[] =>
  salvage === 'none' ? ['detect', 'preserve', 'restore'] : ['detect', 'preserve', 'salvage', 'restore']

class StateRunbook {
  private readonly ctx: ServiceContext
  private readonly input: RecoverStateInput
  private readonly repository: Repository
  private readonly runbook: Runbook<StateStep>
  private readonly reporter: JobReporter

  constructor(ctx: ServiceContext, input: RecoverStateInput, repository: Repository, runbook: Runbook<StateStep>, reporter: JobReporter) {
    this.ctx = ctx
    this.input = input
    this.repository = repository
    this.runbook = runbook
    this.reporter = reporter
  }

  async run(): Promise<Omit<RunbookResult, 'steps'>> {
    const { runbook, input } = this
    const resolution = await resolveNow(this.ctx, input.workspace)
    const { planned } = await runbook.step('detect', () => this.detect(resolution))
    const { preservedArchiveId } = await runbook.step('preserve', () => this.preserve(resolution))
    const source = planned.salvaged === null ? planned.plan.chosenId! : await this.salvage(resolution, planned, planned.salvaged)
    const { restore } = await runbook.step('restore', () => this.restore(source, planned.plan.path))
    return { runbook: 'state', preservedArchiveId, restore }
  }

  private async detect(resolution: Resolution): Promise<{ planned: PlannedState; message: string }> {
    const planned = await planState(this.ctx, this.repository, resolution, this.input)
    const { verdict, findings, livePath } = planned.plan
    const said = findings.map(({ message }) => message).join(' ')
    return { planned, message: verdict === 'fine' ? `${livePath} parses and stands the comparison.` : said }
  }

  private async preserve(resolution: Resolution): Promise<{ preservedArchiveId: ArchiveId; message: string }> {
    const note = 'Before the state was recovered: the damaged file as it was'
    const { manifest } = await this.archive(resolution, note)
    return {
      preservedArchiveId: manifest.id,
      message: `${manifest.id} holds ${plural(manifest.totals.files, 'file')}, the damaged state among them.`,
    }
  }

  /** The salvaged state as an archive of its own, so that it is restored, proven and undone like any other. */
  private async salvage(resolution: Resolution, planned: PlannedState, content: Buffer): Promise<ArchiveId> {
    const { archiveId } = await this.runbook.step('salvage', async () => {
      mkdirSync(this.ctx.paths.jobs, { recursive: true })
      const scratch = mkdtempSync(join(this.ctx.paths.jobs, 'salvage-'))
      try {
        const path = join(scratch, 'state.json')
        writeFileSync(path, content, { mode: 0o600 })
        const item = { ...planned.item, rawPath: Buffer.from(path), kind: 'file' as const, exists: true, exclude: [], problems: [] }
        const note = `Salvaged state (${this.input.salvage})`
        const { manifest } = await this.archive({ ...resolution, items: [item], problems: [] }, note)
        return { archiveId: manifest.id, message: `${formatBytes(content.length)}, kept as ${manifest.id}.` }
      } finally {
        rmSync(scratch, { recursive: true, force: true })
      }
    })
    return archiveId
  }

  private archive(resolution: Resolution, note: string) {
    const { workspace, waitMs, signal } = this.input
    const { ctx, repository, reporter } = this
    return archiveWorkspace(ctx, { workspace, repository, resolution, kind: 'safety', note, rescan: false, waitMs, signal, reporter })
  }

  private async restore(archiveId: ArchiveId, path: string) {
    const request = { archiveId, paths: [path], target: null, exact: false }
    const restore = await restoreWithin(this.ctx, { ...this.input, request, digest: null }, this.reporter)
    const { provenFiles, steps } = restore
    const health = steps.filter(({ outcome }) => outcome !== 'skipped').map(({ message }) => message)
    return { restore, message: `${provenFiles} file proven by reading it back. ${health.join(' ')}`.trim() }
  }
}
