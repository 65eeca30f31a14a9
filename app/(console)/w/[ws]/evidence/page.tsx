import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { EvidenceView } from '#app/_components/evidence/evidence-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Evidence' }

/** Whether it can be proven to somebody that the workspace is recoverable. */
export default async function EvidencePage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <EvidenceView workspaceId={workspace.data} />
}
