import { plural, pluralWord } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { PolicyDraft, RetentionPlan } from '#lib/contracts/retention.ts'
import { applyProposal } from '#lib/services/retention/apply-proposal.ts'
import { rejectProposal } from '#lib/services/retention/decide-proposal.ts'
import { measurePlan } from '#lib/services/retention/measure-plan.ts'
import { planWorkspace } from '#lib/services/retention/plan-workspace.ts'
import { getProposal, listProposals, propose } from '#lib/services/retention/proposals.ts'
import { draftedPolicy, policyOf } from '#lib/services/retention/rules.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { askForName, canAsk } from '../ask-name.ts'
import { EXIT } from '../exit-codes.ts'
import { namedWorkspace, prepareCatalog } from '../named.ts'
import { jobOf, waitMsOf, wholeNumber } from '../options.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'
import { oneLine } from '../table.ts'

type Options = Record<string, unknown>

/** `retention plan [W]` */
export async function plan(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out, signal } = run
  const workspace = pickWorkspace(ctx, args[0])
  await prepareCatalog(run)
  const planned = planWorkspace(ctx, workspace.id, draftedPolicy(ctx, workspace.id, draftOf(options)))
  const measured = await measurePlan(ctx, planned, signal)
  if (out.isJson) return out.document(measured)
  printPlan(run, measured)
}

/** `retention propose [W]` */
export async function proposeVerb(run: Run, args: string[], options: Options): Promise<number> {
  const { ctx, out, signal } = run
  const workspace = namedWorkspace(run, args[0])
  await prepareCatalog(run)
  const draft = draftOf(options)
  const policy = draftedPolicy(ctx, workspace.id, draft)
  const planned = planWorkspace(ctx, workspace.id, policy)
  if (planned.forgetCount === 0 && JSON.stringify(policy) === JSON.stringify(policyOf(ctx.consoleDb, workspace.id))) {
    if (out.isJson) out.document({ type: 'result', proposal: null, ...(await measurePlan(ctx, planned, signal)) })
    else out.line(`No archive of ${workspace.name} would go; there is nothing to propose.`)
    for (const { message } of planned.rests) out.warn('suspect', `Retention rests. ${message}`)
    return planned.rests.length > 0 ? EXIT.warnings : EXIT.ok
  }
  const note = options.note === undefined ? {} : { note: String(options.note) }
  const digest = options.digest === undefined ? {} : { digest: String(options.digest) }
  const made = await propose(ctx, { workspaceId: workspace.id, draft, ...note, ...digest }, signal)
  if (out.isJson) {
    out.document({ type: 'result', proposal: made.id, status: made.status, expiresAt: made.expiresAt, ...made.plan })
    return EXIT.ok
  }
  printPlan(run, made.plan)
  out.line()
  out.line(`${made.id} waits for ${made.secondPerson ? 'a second person' : 'a lead'} until ${shortTime(made.expiresAt)}.`)
  out.said(`Digest ${made.digest}. Approve it in the console, or here: orchive retention apply ${made.id}`)
  return EXIT.ok
}

/** `retention apply PROPOSAL` */
export async function apply(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out } = run
  await prepareCatalog(run)
  const found = getProposal(ctx, args[0]!)
  let isConfirmed = options.yes === true
  if (!isConfirmed && found.status === 'open' && found.plan.needsConfirmation && canAsk(run)) {
    out.warn('warning', `${found.id} forgets ${found.forgetCount} of ${found.plan.archives.length} archives of ${found.workspace}.`)
    await askForName(run, found.workspace)
    isConfirmed = true
  }
  const { result } = await applyProposal(ctx, {
    proposal: found.id,
    ...(options.reason === undefined ? {} : { reason: String(options.reason) }),
    isConfirmed,
    waitMs: waitMsOf(options),
    ...jobOf(run, options),
  })
  out.event({ type: 'result', ...result, archives: found.plan.archives })
  if (getProposal(ctx, found.id).breakGlass) out.warn('note', 'Nobody else approved it; that is in the audit log.')
  out.said(`${plural(result.forgotten.length, 'archive')} moved to trash. Bring one back: orchive unforget ARCHIVE`)
}

/** `retention reject PROPOSAL --reason T` */
export async function reject(run: Run, args: string[], options: Options): Promise<void> {
  await prepareCatalog(run)
  const { id } = getProposal(run.ctx, args[0]!)
  const rejected = rejectProposal(run.ctx, { proposal: id, reason: String(options.reason) })
  if (run.out.isJson) run.out.document({ type: 'result', ...rejected })
  else run.out.said(`${id} is rejected. Nothing goes.`)
}

/** `retention list [W]` */
export async function list(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out } = run
  const workspace = pickWorkspace(ctx, args[0])
  await prepareCatalog(run)
  const limit = options.limit === undefined ? 20 : wholeNumber('--limit', options.limit)
  const { rows } = listProposals(ctx, { workspaceId: workspace.id, limit })
  if (out.isJson) return out.document(rows)
  if (rows.length === 0) return out.line('No proposals. Raise one with `orchive retention propose`.')
  out.table(
    ['PROPOSAL', 'STATUS', 'FORGETS', 'PROPOSED (UTC)', 'BY', 'EXPIRES', 'DECIDED BY', 'WHY'],
    rows.map((one) => [
      one.id,
      one.status,
      formatCount(one.forgetCount),
      shortTime(one.proposedAt),
      oneLine(one.proposedBy),
      shortTime(one.expiresAt),
      oneLine(one.decidedBy ?? '-'),
      oneLine(one.endReason ?? one.decision ?? ''),
    ]),
    [2],
  )
}

/** `retention show PROPOSAL` */
export async function show(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  await prepareCatalog(run)
  const proposal = getProposal(ctx, args[0]!)
  if (out.isJson) return out.document(proposal)
  const { id, status, proposedBy, proposedAt, endReason, decidedBy, decision } = proposal
  out.line(`${id} is ${status}. Proposed by ${oneLine(proposedBy)}, ${shortTime(proposedAt)}.`)
  if (decidedBy !== null) out.line(`Decided by ${oneLine(decidedBy)}${decision === null ? '' : `: ${oneLine(decision)}`}`)
  if (endReason !== null) out.line(oneLine(endReason))
  printPlan(run, proposal.plan)
}

/** The draft that numbers on the command line mean. */
export function draftOf(options: Options): PolicyDraft {
  const number = (option: string, value: unknown) => (value === undefined ? undefined : wholeNumber(option, value))
  const draft = {
    keepLast: number('--keep-last', options.keepLast),
    dailyDays: number('--daily', options.daily),
    weeklyWeeks: number('--weekly', options.weekly),
    monthlyMonths: number('--monthly', options.monthly),
    yearlyYears: number('--yearly', options.yearly),
    otherDays: number('--other', options.other),
  }
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined))
}

function printPlan({ out }: Run, planned: RetentionPlan): void {
  const rows = planned.archives.map(({ archiveId, createdAt, kind, keep, grade, reasons }) => [
    keep ? out.color.green('keep') : out.color.red('forget'),
    archiveId,
    shortTime(createdAt),
    kind,
    grade === null ? '-' : `L${grade}`,
    oneLine(reasons.join('; ')),
  ])
  if (rows.length > 0) out.table(['', 'ARCHIVE', 'CAPTURED (UTC)', 'KIND', 'GRADE', 'WHY'], rows)
  for (const { message } of planned.rests) out.warn('suspect', `Retention rests. ${message}`)
  const { keepCount, forgetCount, reclaimBytes, lost, workspace } = planned
  out.line(
    `${workspace}: ${formatCount(keepCount)} ${pluralWord(keepCount, 'stays', 'stay')}, ${formatCount(forgetCount)} ${pluralWord(forgetCount, 'goes', 'go')}, which frees ${formatBytes(reclaimBytes)}.`,
  )
  if (lost && lost.versions > 0) {
    const files = lost.files === 0 ? '' : `; ${plural(lost.files, 'file')} in no version at all`
    out.line(`${plural(lost.versions, 'version')} of files would be in no archive that stays${files}.`)
  }
  if (planned.needsConfirmation) out.warn('warning', 'More than half of the archives would go.')
}
