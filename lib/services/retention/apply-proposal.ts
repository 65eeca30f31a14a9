import { endProposal, noteProposalJob, requireProposal, type WholeProposal } from '#db/console/tables/proposals.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { ApplyResult } from '#lib/contracts/retention.ts'
import { catchUpCatalog } from '../archives/catch-up-catalog.ts'
import { record, recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { forgetArchives } from '../trash/forget-archives.ts'
import { approve, wrongState } from './decide-proposal.ts'
import { mismatchOf, stalePlan } from './proposals.ts'
import { adoptPolicy } from './rules.ts'

export interface ApplyInput {
  proposal: string
  /** Said with the decision, where the shell takes it. */
  reason?: string | undefined
  /** The workspace's name was typed, or `--yes` given. */
  isConfirmed: boolean
  waitMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/**
 * Does exactly what an approved proposal says, as a job of this process: moves its archives to the trash. At the shell of the host an open one is
 * decided by being applied: who is there could delete the files anyway, so that a missing second person is written to the audit log instead.
 * Throws `plan_stale`, and ends the proposal as void, when the catalog does not match it any more.
 */
export async function applyProposal(ctx: ServiceContext, input: ApplyInput): Promise<JobWork<ApplyResult>> {
  requireRight(ctx, 'approve')
  const proposal = approvedOf(ctx, input)
  const { id, workspaceId, workspace, forgetCount } = proposal
  const { command, jobId, signal, onEvent } = input
  const title = `Move ${forgetCount === 1 ? 'an archive' : `${forgetCount} archives`} of ${workspace} to trash (${id})`
  const job = {
    kind: 'retention',
    title,
    command,
    workspace: { id: workspaceId, name: workspace },
    input: { proposal: id },
    jobId,
    signal,
    onEvent,
  }
  return runAsJob(ctx, { ...job, kind: 'retention' }, (reporter) => carryOut(ctx, proposal, input, reporter))
}

function approvedOf(ctx: ServiceContext, { proposal: named, isConfirmed, reason }: ApplyInput): WholeProposal {
  const found = requireProposal(ctx.consoleDb, named)
  if (found.status === 'approved') return found
  if (found.status !== 'open' || ctx.actor.via !== 'cli') throw wrongState(found)
  const said = reason || 'Applied at the shell of the host.'
  const confirmed = isConfirmed ? { confirmName: found.workspace } : {}
  return approve(ctx, { proposal: found.id, digest: found.digest, reason: said, breakGlass: true, ...confirmed })
}

async function carryOut(
  ctx: ServiceContext,
  proposal: WholeProposal,
  input: ApplyInput,
  reporter: JobReporter,
): Promise<JobWork<ApplyResult>> {
  const { id, workspaceId, plan, basePolicy, digest } = proposal
  noteProposalJob(ctx.consoleDb, id, reporter.jobId)
  assertCurrent(ctx, proposal)
  const forgotten = await forgetOrFail(ctx, proposal, input, reporter)
  const policyChanged = JSON.stringify(plan.policy) !== JSON.stringify(basePolicy)
  if (policyChanged) adoptPolicy(ctx, workspaceId, plan.policy)
  endProposal(ctx.consoleDb, id, { status: 'applied', at: now(ctx), reason: null })
  const object = { kind: 'proposal', id, workspaceId }
  recordDone(ctx, reporter, 'retention.apply', object, { digest, forgotten: forgotten.length, policyChanged })
  return { outcome: 'success', findings: [], result: { proposal: id, digest, reclaimBytes: plan.reclaimBytes, forgotten, policyChanged } }
}

/** Throws `plan_stale`, with the proposal void, when it is not what would be proposed now. */
function assertCurrent(ctx: ServiceContext, proposal: WholeProposal): void {
  const { id, workspaceId, workspace } = proposal
  const reason = mismatchOf(ctx, proposal)
  if (reason === null) return
  endProposal(ctx.consoleDb, id, { status: 'void', at: now(ctx), reason })
  record(ctx, 'retention.void', { kind: 'proposal', id, workspaceId }, { reason })
  throw stalePlan(workspace)
}

/** What stopped in the middle must not be applied again: the rest is another plan. What did not begin can be. */
async function forgetOrFail(ctx: ServiceContext, proposal: WholeProposal, input: ApplyInput, reporter: JobReporter): Promise<ArchiveId[]> {
  const { id, plan } = proposal
  const going = plan.archives.filter(({ keep }) => !keep).map(({ archiveId }) => archiveId)
  const forgotten: ArchiveId[] = []
  try {
    await forgetArchives(ctx, going, {
      reason: `retention, ${id}`,
      waitMs: input.waitMs,
      signal: input.signal,
      onLocked: async () => {
        if (forgotten.length > 0) return
        // A backup that it queued behind made it another plan.
        await catchUpCatalog(ctx)
        assertCurrent(ctx, proposal)
      },
      onForgotten: (archiveId) => {
        forgotten.push(archiveId)
        const counts = { filesDone: forgotten.length, filesTotal: going.length, bytesDone: 0, bytesTotal: null }
        reporter.progress({ phase: 'forgetting', ...counts, currentPath: archiveId })
      },
    })
    return forgotten
  } catch (error) {
    if (forgotten.length > 0) {
      const reason = `${forgotten.length} of ${going.length} archives were forgotten, then: ${toAppError(error).message}`
      endProposal(ctx.consoleDb, id, { status: 'failed', at: now(ctx), reason })
    }
    throw error
  }
}

const now = (ctx: ServiceContext) => new Date(ctx.clock.nowMs()).toISOString()
