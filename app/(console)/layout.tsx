import type { ReactNode } from 'react'
import { Shell } from '#app/_components/shell/shell.tsx'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { requirePage } from '#lib/server/session.ts'
import { roleIn } from '#lib/services/authorise.ts'
import { listWorkspaces } from '#lib/services/workspaces/change-workspace.ts'

/** The console: only for people who are signed in. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const { person, ctx } = await requirePage()
  const workspaces = listWorkspaces(ctx).map(({ id, name, root }) => ({ id, name, root }))
  const roles = Object.fromEntries(workspaces.map(({ id }) => [id, roleIn(ctx.actor, id as WorkspaceId) ?? 'viewer']))
  return (
    <Shell workspaces={workspaces} person={{ name: person.name, email: person.email, role: ctx.actor.role }} roles={roles}>
      {children}
    </Shell>
  )
}
