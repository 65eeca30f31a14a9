import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { CompareView } from '#app/_components/compare/compare-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Compare' }

/** What differs between two archives, or an archive and the live workspace. */
export default async function ComparePage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <CompareView key={workspace.data} workspaceId={workspace.data} />
}
