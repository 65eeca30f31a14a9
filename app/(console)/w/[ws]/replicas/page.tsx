import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { ReplicasView } from '#app/_components/replicas/replicas-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Replicas' }

/** Copies of a workspace's archives at other places. */
export default async function ReplicasPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <ReplicasView workspaceId={workspace.data} />
}
