import { redirect } from 'next/navigation'
import { requirePage } from '#lib/server/session.ts'
import { listWorkspaces } from '#lib/services/workspaces/change-workspace.ts'

/** Where one lands: the first workspace, or adding one. */
export default async function Home() {
  const { ctx } = await requirePage()
  const [first] = listWorkspaces(ctx)
  redirect(first ? `/w/${first.id}` : '/settings/workspaces/new')
}
