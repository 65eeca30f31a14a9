'use client'
import { useRead } from '#lib/client/queries.ts'
import type { AccessInput } from '#lib/contracts/people.ts'
import { ROLES, type Role, WORKSPACE_ROLES, type WorkspaceRole } from '#lib/contracts/rights.ts'
import { ROLE_WORDS, WORKSPACE_ROLE_WORDS } from './access-words.ts'

/** What somebody may do, everywhere and in single workspaces. */
export function AccessFields({ access, set }: { access: AccessInput; set(access: AccessInput): void }) {
  const { data: workspaces } = useRead('listWorkspaces', {})
  const isAdmin = access.role === 'admin'
  const roleOf = (id: string) => access.workspaces.find(({ workspaceId }) => workspaceId === id)?.role
  const setRole = (id: string, role: WorkspaceRole | '') => {
    const others = access.workspaces.filter(({ workspaceId }) => workspaceId !== id)
    set({ ...access, workspaces: role === '' ? others : [...others, { workspaceId: id as `ws_${string}`, role }] })
  }
  return (
    <>
      <div className="s3">
        <label className="fld">
          <span>Role</span>
          <select className="inp" value={access.role} onChange={(event) => set({ ...access, role: event.target.value as Role })}>
            {ROLES.map((role) => (
              <option key={role} value={role}>
                {role}
              </option>
            ))}
          </select>
          <small>{ROLE_WORDS[access.role]}</small>
        </label>
      </div>
      {isAdmin ? null : (
        <fieldset className="wsr">
          <legend>Where</legend>
          <label className="ck">
            <input type="checkbox" checked={access.everywhere} onChange={(event) => set({ ...access, everywhere: event.target.checked })} />
            <span>In every workspace, and those that come, unless it says otherwise here</span>
          </label>
          {(workspaces ?? []).map(({ id, name }) => (
            <label className="wsl" key={id}>
              <span className="ell">{name}</span>
              <select className="inp" value={roleOf(id) ?? ''} onChange={(event) => setRole(id, event.target.value as WorkspaceRole | '')}>
                <option value="">{access.everywhere ? `as everywhere: ${access.role}` : 'not named: does not see it'}</option>
                {WORKSPACE_ROLES.map((role) => (
                  <option key={role} value={role}>
                    {WORKSPACE_ROLE_WORDS[role]}
                  </option>
                ))}
              </select>
            </label>
          ))}
        </fieldset>
      )}
    </>
  )
}
