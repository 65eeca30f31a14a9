import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { BrowseView } from '#app/_components/browse/browse-view.tsx'
import { ArchiveIdSchema, WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Browse' }

/** The files of one archive, what is in them and their other versions. */
export default async function BrowsePage({ params }: { params: Promise<{ ws: string; id: string }> }) {
  const { ws, id } = await params
  const workspace = WorkspaceIdSchema.safeParse(ws)
  const archive = ArchiveIdSchema.safeParse(id)
  if (!workspace.success || !archive.success) notFound()
  return <BrowseView key={archive.data} workspaceId={workspace.data} archiveId={archive.data} />
}
