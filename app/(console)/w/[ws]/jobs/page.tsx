import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { JobList } from '#app/_components/jobs/job-list.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Jobs' }

/** What runs and what ran. */
export default async function JobsPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <JobList workspaceId={workspace.data} />
}
