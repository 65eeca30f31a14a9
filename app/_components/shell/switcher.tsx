'use client'
import { useRouter } from 'next/navigation'

export interface NamedWorkspace {
  id: string
  name: string
  root: string
}

/** Chooses the workspace that the sections are about. */
export function Switcher({ workspaces, current }: { workspaces: NamedWorkspace[]; current: NamedWorkspace | null }) {
  const router = useRouter()
  if (current === null) return null
  return (
    <div className="ws" title={current.root}>
      <select
        className="wsel"
        aria-label="Workspace"
        value={current.id}
        onChange={(event) => router.push(event.target.value === '' ? '/settings/workspaces/new' : `/w/${event.target.value}`)}
      >
        {workspaces.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
        <option value="">Add workspace…</option>
      </select>
    </div>
  )
}
