import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { RetentionView } from '#app/_components/retention/retention-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Retention' }

/** What a workspace keeps, what would go, and the way to a proposal. */
export default async function RetentionPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <RetentionView workspaceId={workspace.data} />
}
