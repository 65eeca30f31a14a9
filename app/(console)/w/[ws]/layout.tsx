import { notFound } from 'next/navigation'
import type { ReactNode } from 'react'
import { requirePage } from '#lib/server/session.ts'
import { listWorkspaces } from '#lib/services/workspaces/change-workspace.ts'

/** Pages of one workspace: an address of none, or of one that somebody may not see, leads nowhere. */
export default async function WorkspaceLayout({ params, children }: { params: Promise<{ ws: string }>; children: ReactNode }) {
  const { ws } = await params
  const { ctx } = await requirePage()
  if (!listWorkspaces(ctx).some(({ id }) => id === ws)) notFound()
  return children
}
