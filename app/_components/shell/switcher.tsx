'use client'
import { useRouter } from 'next/navigation'
import { sameSectionOf } from './sections.ts'

export interface NamedWorkspace {
  id: string
  name: string
  root: string
}

interface Props {
  workspaces: NamedWorkspace[]
  current: NamedWorkspace | null
  pathname: string
}

/** Chooses the workspace that the sections are about; of the other one the same section is shown. */
export function Switcher({ workspaces, current, pathname }: Props) {
  const router = useRouter()
  if (current === null) return null
  return (
    <div className="ws" title={current.root}>
      <select
        className="wsel"
        aria-label="Workspace"
        value={current.id}
        onChange={({ target: { value } }) => router.push(value === '' ? '/settings/workspaces/new' : sameSectionOf(value, pathname))}
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
