import type { ReplicaEstimate } from '#lib/contracts/replica.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { requireReplica } from '../replicas/find-replica.ts'
import { programOf } from './verbs.ts'

/** What the next sync of a replica would transfer; reads the repository, so in a child. */
export function estimateInChild(ctx: ServiceContext, input: { replica: string }, signal?: AbortSignal): Promise<ReplicaEstimate> {
  requireRight(ctx, 'list')
  return runVerb(programOf(ctx), ['replica', 'estimate', '--', requireReplica(ctx, input.replica).id], {
    signal,
    isYielding: true,
  }) as Promise<ReplicaEstimate>
}
