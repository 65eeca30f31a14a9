import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { ArchivesView } from '#app/_components/archives/archives-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Archives' }

/** What we have, how good each one is, what is missing. */
export default async function ArchivesPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <ArchivesView workspaceId={workspace.data} />
}
