import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { getArchive } from '#db/catalog/queries/get-archive.ts'
import { requireWorkspace, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import { plural } from '#lib/base/plural.ts'
import type { HostPlan } from '#lib/contracts/host.ts'
import type { RunbookResult, RunbookStep } from '#lib/contracts/recover.ts'
import { commandLine } from '#lib/jobs/command-line.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { rebuildWithin } from '../catalog/rebuild-as-job.ts'
import type { ServiceContext } from '../context.ts'
import { importArchives, importWithin } from '../import/import-archives.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { takeOverRepository } from '../repository/attach-repository.ts'
import { withRepository } from '../repository/open-repository.ts'
import { ownRepository } from '../repository/own-repository.ts'
import { restoreWithin } from '../restore/restore-archive.ts'
import { settleFirst } from '../restore/settle-workspace.ts'
import { resolveNow } from '../workspaces/resolve.ts'
import { runningOrchestrator } from '../workspaces/running-orchestrator.ts'
import { type ArchiveChoice, type ChosenArchive, chooseArchive } from './choose-archive.ts'
import { type HostSourceInput, takeSourceIn, withPlace } from './host-source.ts'
import { type PlanHostInput, type PlannedHost, planHost } from './plan-host.ts'
import { assertRoom } from './room.ts'
import { Runbook } from './runbook.ts'
import { HOST_STEPS, plannedStep } from './step-titles.ts'

export interface RecoverHostInput extends PlanHostInput, HostSourceInput {
  root: string
  /** An exported tar to begin from instead; null = a repository. */
  tarPath: string | null
  /** Which workspace, by name or id; null = the only one. */
  workspace: string | null
  /** An archive as people name it; null = the newest known-good one, else the newest. */
  archive: string | null
  /** Start although a disk seems to have too little room. */
  ignoreSpace: boolean
  /** Of the plan that was reviewed; null = what is planned now. */
  digest?: string | null | undefined
  waitMs: number
  jobId: JobId | null
  /** Who it is, where that is known before it begins. */
  named?: { id: WorkspaceId; name: string } | undefined
  command: string
  /** Hears which job it is as it begins. */
  onJob?: ((jobId: JobId) => void) | undefined
}

/** Looks where everything would go. Takes the repository over, which changes only what this home knows. For job processes. */
export async function planHostRecovery(ctx: ServiceContext, given: RecoverHostInput): Promise<HostPlan> {
  requireRight(ctx, 'restore')
  const input = await takeSourceIn(ctx, given)
  const chosen = chooseArchive(ctx, input.tarPath === null ? input : await importFirst(ctx, input, input.tarPath))
  return planChosen(ctx, chosen, input)
}

/** Looks where everything of one archive would go. */
export async function planChosen(ctx: ServiceContext, chosen: ChosenArchive, input: PlanHostInput): Promise<HostPlan> {
  const { plan } = await planned(ctx, chosen, input)
  return { ...plan, backupsGoTo: ownRepository(ctx, chosen.repositoryPath), restore: null, steps: plannedSteps(plan) }
}

/** The runbook for a lost host, as a job of this process: from a repository alone to a running orchestrator. */
export function recoverHost(ctx: ServiceContext, given: RecoverHostInput): Promise<JobWork<RunbookResult>> {
  requireRight(ctx, 'settings')
  requireRight(ctx, 'restore')
  const { command, jobId, signal, onEvent, root, named } = given
  const job = {
    kind: 'recover' as const,
    title: `Bring ${named?.name ?? 'a workspace'} back to ${root}`,
    workspace: named ?? null,
    input: { root, archive: given.archive },
  }
  return runAsJob(ctx, { ...job, command, jobId, signal, onEvent }, async (reporter) => {
    given.onJob?.(reporter.jobId)
    const input = await withPlace(ctx, given)
    const runbook = new Runbook(ctx, reporter, { runbook: 'host', titles: HOST_STEPS, ahead: stepsOf(input) })
    const result = await runbook.run(() => new HostRunbook(ctx, input, runbook, reporter).run())
    const warnings = result.restore?.warnings ?? []
    const findings = warnings.map(({ path, code, message }) => ({ severity: 'warning' as const, code, path, message }))
    return { outcome: findings.length > 0 ? 'warning' : 'success', findings, result }
  })
}

/** Importing is a job of its own, too: the archive lasts. Returns what to choose then. */
async function importFirst(ctx: ServiceContext, { waitMs, signal, onEvent }: RecoverHostInput, path: string): Promise<ArchiveChoice> {
  const { result } = await importArchives(ctx, { path, waitMs, signal, onEvent, jobId: null, command: commandLine(['import', path]) })
  const [only, more] = result.imported
  if (!only || more) throw new AppError('usage', { message: `${path} is no single tar file.`, hint: 'Name the export to begin from.' })
  return {
    workspace: getArchive(ctx.catalogDb(), only.archiveId, ctx.clock.nowMs()).workspaceId,
    archive: only.archiveId,
    repositoryPath: null,
  }
}

function planned(ctx: ServiceContext, chosen: ChosenArchive, input: PlanHostInput): Promise<PlannedHost> {
  // What a run that was cut off left is taken back, or finished, before anybody looks whether the place is free.
  settleFirst(ctx, requireWorkspace(ctx.consoleDb, chosen.workspaceId))
  return withRepository(ctx, chosen.repositoryPath, (repository) => planHost(ctx, repository, chosen, input))
}

type HostStep = keyof typeof HOST_STEPS

/** Those that are taken, as far as that is known before the first one. */
function stepsOf({ tarPath }: RecoverHostInput): HostStep[] {
  const other = tarPath === null ? 'import' : 'attach'
  return (Object.keys(HOST_STEPS) as HostStep[]).filter((id) => id !== other)
}

class HostRunbook {
  private readonly ctx: ServiceContext
  private readonly input: RecoverHostInput
  private readonly runbook: Runbook<HostStep>
  private readonly reporter: JobReporter
  private isReported = false
  private workspaceId: WorkspaceId | null = null

  constructor(ctx: ServiceContext, input: RecoverHostInput, runbook: Runbook<HostStep>, reporter: JobReporter) {
    this.ctx = ctx
    this.input = input
    this.runbook = runbook
    this.reporter = reporter
  }

  /** A runbook that failed is reported, too: what was done until then is what somebody has to go on from. */
  async run(): Promise<Omit<RunbookResult, 'steps'>> {
    try {
      return await this.steps()
    } catch (error) {
      // A report that cannot be kept is told by its own step; the error to throw is the one that came first.
      if (!this.isReported) await this.runbook.step('report', async () => this.report('failed')).catch(() => {})
      throw error
    }
  }

  private async steps(): Promise<Omit<RunbookResult, 'steps'>> {
    const { runbook, input } = this
    const choice = input.tarPath === null ? await this.attachIfNamed() : await this.takeIn(input.tarPath)
    const { chosen } = await runbook.step('choose', async () => this.choose(choice))
    const { host } = await runbook.step('relocate', () => this.relocate(chosen))
    await runbook.step('config', async () => this.placeConfig(host))
    const { restore } = await runbook.step('restore', () => this.restore(host))
    await this.start(chosen.workspaceId)
    await runbook.step('report', async () => this.report('done'))
    return { runbook: 'host', preservedArchiveId: null, restore }
  }

  private async attachIfNamed(): Promise<ArchiveChoice> {
    const { runbook, input } = this
    const { repositoryPath } = input
    if (repositoryPath === null) runbook.skip('attach', 'This home knows its repository already.')
    else await runbook.step('attach', () => this.attach(repositoryPath))
    return input
  }

  private async takeIn(path: string): Promise<ArchiveChoice> {
    const { workspaceId, archiveId } = await this.runbook.step('import', async () => {
      const one = await importWithin(this.ctx, { ...this.input, path }, this.reporter)
      return { ...one, message: `${path}: ${plural(one.report.files, 'file')}, each as its checksum says.` }
    })
    return { workspace: workspaceId, archive: archiveId, repositoryPath: null }
  }

  private async attach(path: string) {
    await takeOverRepository(this.ctx, path)
    const { archives, workspaces } = await rebuildWithin(this.ctx, this.input.signal, this.reporter)
    return { message: `${path}: ${archives} archives; ${workspaces} workspaces were not known here.` }
  }

  private choose(choice: ArchiveChoice) {
    const chosen = chooseArchive(this.ctx, choice)
    this.workspaceId = chosen.workspaceId
    const { grade, archiveId } = chosen
    return { chosen, message: `${archiveId}, ${grade === null ? 'not verified' : `L${grade}`}.` }
  }

  private async relocate(chosen: ChosenArchive) {
    const host = await planned(this.ctx, chosen, this.input)
    const { digest } = this.input
    if (digest && host.plan.digest !== digest) throw reviewedPlanIsStale()
    assertRoom(host.plan.volumes, this.input.ignoreSpace)
    const { root, configPath, rewrites, isRewriting, maps } = host.plan
    const id = chosen.workspaceId
    const at = new Date(this.ctx.clock.nowMs()).toISOString()
    updateWorkspace(this.ctx.consoleDb, id, { root, configPath, maps: isRewriting ? this.input.maps : maps }, at)
    record(this.ctx, 'workspace.relocate', { kind: 'workspace', id, workspaceId: id }, { root, configPath })
    const how =
      rewrites.length === 0
        ? 'no path has to change'
        : `${rewrites.length} paths ${isRewriting ? 'are rewritten in the config' : 'are mapped'}`
    return { host, message: `From ${host.plan.oldRoot} to ${root}: ${how}.` }
  }

  /** Written whole or not at all, with the owner and mode that its folder's maker has. */
  private placeConfig({ plan, config }: PlannedHost) {
    mkdirSync(dirname(plan.configPath), { recursive: true })
    const draft = `${plan.configPath}.${randomBytes(6).toString('hex')}.part`
    const fd = openSync(draft, 'wx', 0o600)
    try {
      writeSync(fd, config.content)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    chmodSync(draft, 0o640)
    renameSync(draft, plan.configPath)
    return { message: `${plan.configPath}${config.isChanged ? ', with its paths rewritten' : ''}.` }
  }

  private async restore({ plan, manifest, config }: PlannedHost) {
    const { leaveOut } = this.input
    const paths = manifest.items.flatMap(({ key, archiveName, files }) =>
      archiveName === null || archiveName === config.archiveName || files === 0 || leaveOut.includes(key) ? [] : [archiveName],
    )
    // A config that stays as it was archived gets its owner, mode and time back, too.
    if (!config.isChanged) paths.push(config.archiveName)
    const request = { archiveId: plan.archiveId, paths, target: null, exact: false }
    const restore = await restoreWithin(this.ctx, { ...this.input, request, digest: null, isRuntimeLeft: true }, this.reporter)
    return { restore, message: `${plural(restore.restoredFiles, 'file')}, ${restore.provenFiles} proven by reading them back.` }
  }

  private async start(id: WorkspaceId): Promise<void> {
    const { ctx, runbook, input } = this
    const workspace = requireWorkspace(ctx.consoleDb, id)
    const orchestrator = await runningOrchestrator(ctx, workspace, await resolveNow(ctx, workspace))
    if (!orchestrator.isConfigured) {
      runbook.skip('start', `No runtime is configured in ${ctx.paths.hostConfig}. Start it, then look at its /health.`)
      return
    }
    const { signal } = input
    await runbook.step('start', () => orchestrator.rebuild({ signal }))
    await runbook.step('health', () => orchestrator.awaitHealthy({ signal }))
    await runbook.step('state', async () => {
      const readings = await orchestrator.readState({ signal })
      const bad = readings.find(({ evidence }) => evidence.outcome !== 'proven')
      if (bad) throw new AppError('runtime_not_healthy', { message: bad.evidence.message, hint: 'Look into its log on the host.' })
      return { message: readings.map(({ evidence }) => evidence.message).join(' ') || 'No state address is configured.' }
    })
  }

  /** The digest stands in the audit log, which is a chain: a report that was changed later does not match it. */
  private report(outcome: 'done' | 'failed') {
    this.isReported = true
    const digest = createHash('sha256').update(JSON.stringify(this.runbook.steps)).digest('hex')
    const object = { kind: 'job', id: this.reporter.jobId, workspaceId: this.workspaceId }
    record(this.ctx, 'runbook.host', object, { outcome, steps: this.runbook.steps.length, digest })
    return { message: `SHA-256 of the steps above: ${digest}, kept in the audit log.` }
  }
}

/** Tells that it would not be what somebody agreed to. */
export const reviewedPlanIsStale = () =>
  new AppError('plan_stale', {
    message: 'What would be done is not what was reviewed: an archive, a place or what lies there has changed since.',
    hint: 'Look at the new plan.',
  })

function plannedSteps(plan: PlannedHost['plan']): RunbookStep[] {
  const step = (id: HostStep, detail: string) => plannedStep(id, HOST_STEPS[id], detail)
  return [
    step('choose', `${plan.archiveId} of ${plan.createdAt}, ${plan.grade === null ? 'not verified' : `L${plan.grade}`}.`),
    step('relocate', `${plan.oldRoot} → ${plan.root}.`),
    step('config', plan.configPath),
    step('restore', 'Every file is read back and compared.'),
    step('start', 'As the host file says; then /health and the state reads.'),
    step('report', 'Every step with its evidence; its digest is kept in the audit log.'),
  ]
}
