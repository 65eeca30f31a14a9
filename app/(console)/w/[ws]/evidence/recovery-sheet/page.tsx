import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { RecoverySheetView } from '#app/_components/evidence/recovery-sheet.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Recovery sheet' }

/** What to have on paper when host and console are gone. */
export default async function RecoverySheetPage({ params }: { params: Promise<{ ws: string }> }) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  return <RecoverySheetView workspaceId={workspace.data} />
}
