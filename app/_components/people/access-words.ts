import type { AccessInput } from '#lib/contracts/people.ts'
import type { Role, WorkspaceRole } from '#lib/contracts/rights.ts'

/** What each role may do, in words. */
export const ROLE_WORDS: Record<Role, string> = {
  viewer: 'Sees lists and figures, no contents of files.',
  operator: 'Sees contents, backs up, restores, verifies and proposes.',
  lead: 'All that an operator may; approves, forgets, prunes and releases.',
  admin: 'All that a lead may; settings and people, everywhere.',
}

export const WORKSPACE_ROLE_WORDS: Record<WorkspaceRole, string> = {
  none: 'does not see it',
  viewer: 'viewer',
  operator: 'operator',
  lead: 'lead',
}

/** What somebody may do where, in a line. */
export function accessText(access: AccessInput, workspaces: readonly { id: string; name: string }[]): string {
  const others = access.workspaces.map(({ workspaceId, role }) => {
    const name = workspaces.find((one) => one.id === workspaceId)?.name ?? workspaceId
    return `${name}: ${WORKSPACE_ROLE_WORDS[role]}`
  })
  const general = access.role === 'admin' ? 'admin' : access.everywhere ? `${access.role} everywhere` : 'only in the workspaces named'
  return [general, ...others].join('; ')
}
