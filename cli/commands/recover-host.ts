import { resolve } from 'node:path'
import { AppError, isAppError } from '#lib/base/errors.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import type { HostPlan } from '#lib/contracts/host.ts'
import type { RunbookStep } from '#lib/contracts/recover.ts'
import { planHostRecovery, type RecoverHostInput, recoverHost } from '#lib/services/recover/recover-host.ts'
import { assertRoom } from '#lib/services/recover/room.ts'
import { sealOwnRepository } from '#lib/services/repository/own-repository.ts'
import { askForName, requireAsker } from '../ask-name.ts'
import { EXIT } from '../exit-codes.ts'
import { jobOf, pathMap, waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'
import { backupsText, hostSourceOf, roomLines } from './host-source.ts'
import { isSeveral, recoverWholeHostVerb } from './recover-whole-host.ts'
import { tellRecoveryKey } from './repository-key.ts'

/** `recover host --root DIR` */
export async function recoverHostVerb(run: Run, _args: string[], options: Record<string, unknown>): Promise<number> {
  if (isSeveral(options)) return recoverWholeHostVerb(run, options)
  const { ctx, out } = run
  const input = inputOf(run, options)
  const plan = await planHostRecovery(ctx, input)
  if (!out.isJson) show(run, plan)
  if (options.dryRun === true) {
    out.planned(plan, { steps: plan.steps })
    return EXIT.ok
  }
  // Said before anybody is asked, and before a repository is made for it.
  assertRoom(plan.volumes, input.ignoreSpace)
  if (options.yes !== true) {
    requireAsker(run, `This writes ${plan.workspace} to ${plan.root}`)
    await askForName(run, plan.workspace)
  }
  const recoveryKey = await sealOwnRepository(
    ctx,
    plan.repositoryPath,
    input.secret?.kind === 'passphrase' ? input.secret.passphrase : null,
  )
  tellRecoveryKey(out, recoveryKey)
  const { result, outcome, findings } = await recoverHost(ctx, input).catch((error: unknown) => {
    const steps = isAppError(error) ? (error.context.steps as RunbookStep[] | undefined) : undefined
    if (steps) {
      for (const step of steps) out.event({ type: 'step', step })
      tellSteps(run, steps)
    }
    throw error
  })
  out.event({ type: 'result', ...result })
  tellSteps(run, result.steps)
  for (const { message } of findings) out.warn('warning', message)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}

function inputOf(run: Run, options: Record<string, unknown>): RecoverHostInput {
  const [workspace] = options.workspace as string[]
  if (options.root === undefined)
    throw new AppError('usage', {
      message: 'Say with --root where it goes.',
      hint: 'Or bring all workspaces back to where they lay with --all; see orchive recover host --help.',
    })
  const input: RecoverHostInput = {
    ...hostSourceOf(options),
    tarPath: options.fromTar === undefined ? null : resolve(String(options.fromTar)),
    workspace: workspace ?? null,
    digest: options.digest === undefined ? null : String(options.digest),
    archive: options.archive === undefined ? null : String(options.archive),
    root: resolve(String(options.root)),
    maps: (options.map as string[] | undefined)?.map(pathMap) ?? [],
    rewriteConfig: options.rewriteConfig === true,
    leaveOut: (options.leaveOut as string[] | undefined) ?? [],
    ignoreSpace: options.ignoreSpace === true,
    waitMs: waitMsOf(options),
    ...jobOf(run, options),
  }
  if (input.tarPath !== null && [options.repository, workspace, options.archive].some((given) => given !== undefined)) {
    throw new AppError('usage', {
      message: '--from-tar says which archive it is; it does not go with --repository, --workspace or --archive.',
      hint: 'Nothing was read.',
    })
  }
  return input
}

/** The report, for people. */
function tellSteps({ out }: Run, steps: readonly RunbookStep[]): void {
  const marks = { done: out.color.green('✓'), failed: out.color.red('✗') } as Partial<Record<RunbookStep['outcome'], string>>
  for (const { title, outcome, detail, durationMs } of steps)
    out.said(`${marks[outcome] ?? '-'} ${title}  ${out.color.dim(formatDuration(durationMs ?? 0))}\n    ${detail}`)
}

function show({ out }: Run, plan: HostPlan): void {
  out.line(
    `${plan.workspace}: ${plan.archiveId} of ${shortTime(plan.createdAt)}, ${plan.grade === null ? 'not verified' : `L${plan.grade}`}${plan.isSuspect ? `, ${out.color.yellow('suspect')}` : ''}`,
  )
  out.line(`  ${plan.oldRoot} → ${plan.root}`)
  for (const { key, before, after } of plan.rewrites) {
    out.line(`  ${plan.isRewriting ? 'config' : 'mapped'} ${key}: ${out.color.red(before)} → ${out.color.green(after)}`)
  }
  const leftOut = plan.items.filter(({ isLeftOut }) => isLeftOut)
  for (const { label, files, contentBytes } of leftOut)
    out.line(`  left out ${label}: ${plural(files, 'file')}, ${formatBytes(contentBytes)} stay in the archive`)
  for (const { text, isTight } of roomLines(plan.volumes)) out.line(`  ${isTight ? out.color.yellow(text) : out.color.dim(text)}`)
  if (plan.backupsGoTo) out.line(`  ${backupsText(plan.backupsGoTo)}`)
  for (const { message } of plan.problems) out.warn('note', message)
  for (const { title, detail } of plan.steps) out.line(`${out.color.dim('·')} ${title}: ${detail}`)
}
