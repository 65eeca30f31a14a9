import { AppError } from '#lib/base/errors.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { type OffloadPlan, type OffloadPolicy, OffloadPolicySchema } from '#lib/contracts/disk.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import { previewOffload } from '#lib/services/disk/preview-offload.ts'
import { runOffload } from '#lib/services/disk/run-offload.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { askLine, requireAsker } from '../ask-name.ts'
import { printOffloadPlan, printSteps, stepLine } from '../disk-text.ts'
import { EXIT } from '../exit-codes.ts'
import { prepareCatalog } from '../named.ts'
import { jobIdOf, waitMsOf, wholeNumber } from '../options.ts'
import type { Run } from '../program.ts'

type Options = Record<string, unknown>
type Workspace = ReturnType<typeof pickWorkspace>

/** `recover disk [W]` */
export async function recoverDisk(run: Run, args: string[], options: Options): Promise<number> {
  const { ctx, out, signal, command } = run
  const workspace = pickWorkspace(ctx, args[0])
  const policy = policyOf(options)
  await prepareCatalog(run)
  if (options.dryRun) return dryRun(run, workspace, policy)
  const given = options.digest === undefined ? null : String(options.digest)
  const reviewed = options.yes ? given : await review(run, workspace, policy, given)
  let number = 0
  const { result, outcome, findings } = await runOffload(ctx, {
    workspace,
    policy,
    digest: reviewed,
    waitMs: waitMsOf(options),
    jobId: jobIdOf(options),
    command,
    signal,
    onEvent: (event: JobEvent) => {
      if (event.type === 'step' && event.step.outcome !== 'running') out.said(stepLine(out, event.step, ++number))
      out.event(event)
    },
  })
  out.event({ type: 'result', ...result })
  if (result.undo) out.said(`To bring the files back: ${result.undo}`)
  for (const { severity, message } of findings) if (severity !== 'info') out.warn('warning', message)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}

function policyOf(options: Options): OffloadPolicy {
  const number = (option: string, value: unknown) => (value === undefined ? undefined : wholeNumber(option, value))
  const parsed = OffloadPolicySchema.safeParse({
    olderThanDays: number('--older-than', options.olderThan),
    keepPacks: number('--keep-packs', options.keepPacks),
    keepPackDays: number('--keep-pack-days', options.keepPackDays),
    inArchives: number('--in-archives', options.inArchives),
  })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AppError('usage', {
    message: `${OPTION_OF[String(issue!.path[0])]}: ${issue!.message}.`,
    hint: 'See orchive recover disk --help.',
  })
}

const OPTION_OF: Record<string, string> = {
  olderThanDays: '--older-than',
  keepPacks: '--keep-packs',
  keepPackDays: '--keep-pack-days',
  inArchives: '--in-archives',
}

/** Shows the plan; nothing is archived or deleted. */
async function dryRun({ ctx, out, signal }: Run, workspace: Workspace, policy: OffloadPolicy): Promise<number> {
  const { steps, plan, report } = await previewOffload(ctx, { workspace, policy, signal })
  out.planned(plan, { steps, report })
  printSteps(out, steps)
  out.line()
  printOffloadPlan(out, plan)
  return EXIT.ok
}

/** Shows the plan and asks; gives the digest of what was agreed to. */
async function review(run: Run, workspace: Workspace, policy: OffloadPolicy, given: string | null): Promise<string> {
  const { ctx, out, signal } = run
  requireAsker(run, `An offload deletes files of ${workspace.name} from the live disk`, ', best together with --digest')
  const { plan } = await previewOffload(ctx, { workspace, policy, signal })
  printOffloadPlan(out, plan)
  if (given !== null || plan.totals.files === 0) return given ?? plan.digest
  await ask(plan, run)
  return plan.digest
}

async function ask({ totals }: OffloadPlan, run: Run): Promise<void> {
  const typed = await askLine(run, `Offload ${plural(totals.files, 'file')}, ${formatBytes(totals.bytes)}? [y/N] `)
  if (/^y(es)?$/i.test(typed)) return
  throw new AppError('cancelled', { message: 'Nothing was archived or deleted.' })
}
