import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { RestoreView } from '#app/_components/restore/restore-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'
import { requirePage } from '#lib/server/session.ts'
import { listWorkspaces } from '#lib/services/workspaces/change-workspace.ts'

export const metadata: Metadata = { title: 'Restore' }

/** Choose, plan, review, run. */
export default async function RestorePage({ params }: { params: Promise<{ ws: string }> }) {
  const id = WorkspaceIdSchema.safeParse((await params).ws)
  const { ctx } = await requirePage()
  const workspace = listWorkspaces(ctx).find((one) => one.id === id.data)
  if (!workspace) notFound()
  return <RestoreView workspaceId={workspace.id} name={workspace.name} root={workspace.root} />
}
