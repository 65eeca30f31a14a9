import { formatBytes, formatDuration } from '#lib/base/units.ts'
import type { SalvageMode, StatePlan } from '#lib/contracts/recover.ts'
import { planStateRecovery, recoverState } from '#lib/services/recover/recover-state.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { askForName, requireAsker } from '../ask-name.ts'
import { recordLines } from '../diff-text.ts'
import { EXIT } from '../exit-codes.ts'
import { namedArchive, prepareCatalog } from '../named.ts'
import { jobOf, waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'

/** `recover state [W]` */
export async function recoverStateVerb(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out, signal } = run
  const workspace = pickWorkspace(ctx, args[0])
  await prepareCatalog(run)
  const archiveId = options.archive === undefined ? null : await namedArchive(run, String(options.archive), { workspace: workspace.id })
  const input = { workspace, archiveId, salvage: (options.salvage ?? 'none') as SalvageMode, signal }
  const plan = await planStateRecovery(ctx, input)
  if (options.dryRun === true) {
    out.planned(plan, { steps: plan.steps })
    if (!out.isJson) show(run, plan)
    return EXIT.ok
  }
  if (!out.isJson) show(run, plan)
  if (options.yes !== true) {
    requireAsker(run, `This replaces the state of ${workspace.name}`)
    await askForName(run, workspace.name)
  }
  const { result, outcome, findings } = await recoverState(ctx, {
    ...input,
    waitMs: waitMsOf(options),
    ...jobOf(run, options),
  })
  out.event({ type: 'result', ...result })
  for (const { title, outcome: how, detail, durationMs } of result.steps) {
    out.said(`${how === 'done' ? out.color.green('✓') : '-'} ${title}  ${out.color.dim(formatDuration(durationMs ?? 0))}\n    ${detail}`)
  }
  for (const { message } of findings) out.warn('warning', message)
  if (result.restore?.undo) out.said(`Take it back with: orchive undo ${result.restore.undo}`)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}

function show({ out }: Run, plan: StatePlan): void {
  out.line(`${plan.livePath}: ${plan.verdict}${plan.liveBytes === null ? '' : `, ${formatBytes(plan.liveBytes)}`}`)
  for (const { message } of plan.findings) out.line(`  ${message}`)
  const chosen = plan.candidates.find(({ archiveId }) => archiveId === plan.chosenId)
  if (chosen)
    out.line(
      `From ${chosen.archiveId} (${shortTime(chosen.createdAt)}), ${chosen.isKnownGood ? 'known good' : 'not proven'}, ${formatBytes(chosen.sizeBytes)}`,
    )
  if (plan.change === null) out.line('Nothing live can be read, so what would be lost cannot be said.')
  else {
    out.line(out.color.bold('What would change against what live still holds:'))
    for (const line of recordLines(plan.change, out.color)) out.line(`  ${line}`)
  }
  for (const { title, detail } of plan.steps) out.line(`${out.color.dim('·')} ${title}: ${detail}`)
}
