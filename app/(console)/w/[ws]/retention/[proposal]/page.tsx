import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { Ahead } from '#app/_components/ahead.tsx'
import { ReadAhead } from '#app/_components/read-ahead.ts'
import { ProposalView } from '#app/_components/retention/proposal-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'
import { ProposalIdSchema } from '#lib/contracts/retention.ts'

export const metadata: Metadata = { title: 'Retention proposal' }

/** A proposal as a lead reviews and decides it. */
export default async function ProposalPage({ params }: { params: Promise<{ ws: string; proposal: string }> }) {
  const { ws, proposal } = await params
  const workspace = WorkspaceIdSchema.safeParse(ws)
  const id = ProposalIdSchema.safeParse(proposal)
  if (!workspace.success || !id.success) notFound()
  const ahead = new ReadAhead()
  await Promise.all([ahead.read('getProposal', { proposal: id.data }), ahead.read('retentionRules', { workspace: workspace.data })])
  return (
    <Ahead state={ahead.state()}>
      <ProposalView workspaceId={workspace.data} proposalId={id.data} />
    </Ahead>
  )
}
