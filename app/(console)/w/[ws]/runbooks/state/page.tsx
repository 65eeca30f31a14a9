import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { StateRunbook } from '#app/_components/runbooks/state-runbook.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Corrupt state file' }

/** The runbook for a corrupt state file. */
export default async function StateRunbookPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <StateRunbook key={workspace.data} workspaceId={workspace.data} />
}
