import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { OverviewView } from '#app/_components/overview/overview-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Overview' }

/** Whether we can recover now, to when, and what would be lost. */
export default async function OverviewPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <OverviewView workspaceId={workspace.data} />
}
