import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { JobsView } from '#app/_components/jobs/jobs-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Jobs' }

/** What runs, what failed, which object, what next. */
export default async function JobsPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <JobsView workspaceId={workspace.data} />
}
