import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { TrashView } from '#app/_components/trash/trash-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Trash' }

/** What was forgotten, until when it comes back, and what a prune would free. */
export default async function TrashPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <TrashView key={workspace.data} workspaceId={workspace.data} />
}
