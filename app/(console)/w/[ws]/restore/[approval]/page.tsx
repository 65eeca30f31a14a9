import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { ApprovalView } from '#app/_components/restore/approval-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'
import { RestoreApprovalIdSchema } from '#lib/contracts/restore-approval.ts'
import { requirePage } from '#lib/server/session.ts'
import { listWorkspaces } from '#lib/services/workspaces/change-workspace.ts'

export const metadata: Metadata = { title: 'Restore to approve' }

/** A restore in place as another person reviews and decides it. */
export default async function RestoreApprovalPage({ params }: { params: Promise<{ ws: string; approval: string }> }) {
  const { ws, approval } = await params
  const id = WorkspaceIdSchema.safeParse(ws)
  const named = RestoreApprovalIdSchema.safeParse(approval)
  const { ctx } = await requirePage()
  const workspace = listWorkspaces(ctx).find((one) => one.id === id.data)
  if (!workspace || !named.success) notFound()
  return <ApprovalView workspaceId={workspace.id} approvalId={named.data} name={workspace.name} root={workspace.root} />
}
