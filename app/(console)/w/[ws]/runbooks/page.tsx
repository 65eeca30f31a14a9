import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { RunbooksView } from '#app/_components/runbooks/runbooks-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Runbooks' }

/** The three disasters, and what to do in each. */
export default async function RunbooksPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <RunbooksView workspaceId={workspace.data} />
}
