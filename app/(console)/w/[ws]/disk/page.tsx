import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { DiskView } from '#app/_components/disk/disk-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Disk' }

/** When the disk is full, and what can safely leave it. */
export default async function DiskPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <DiskView key={workspace.data} workspaceId={workspace.data} />
}
