'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { removeWorkspace } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { Workspace } from '#lib/contracts/workspace.ts'
import { Dialog } from '../dialog.tsx'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, PathText, Reading } from '../parts.tsx'
import { SettingsTabs } from '../settings/settings-tabs.tsx'
import { RegisteredItems } from './registered-items.tsx'
import { SecondPerson } from './second-person.tsx'
import './workspaces.css'

/** All workspaces with schedule and items. */
export function WorkspaceList() {
  const { data, error, refetch } = useRead('listWorkspaces', {})
  const may = useMay('settings')
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>Workspaces</h1>
        <span className="sp" />
        <CommandPopover command="orchive workspace list" />
        {may ? (
          <Link className="btn p" href="/settings/workspaces/new">
            Add workspace
          </Link>
        ) : null}
      </div>
      <SettingsTabs />
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={4} /> : null}
      {data?.length === 0 ? <p className="empty">No workspace yet. Add the root folder of an orchestrator workspace.</p> : null}
      {(data ?? []).map((workspace) => (
        <WorkspaceCard key={workspace.id} workspace={workspace} />
      ))}
    </div>
  )
}

function WorkspaceCard({ workspace }: { workspace: Workspace }) {
  const may = useMay('settings')
  const client = useQueryClient()
  const [isRemoving, setRemoving] = useState(false)
  const [isOpen, setOpen] = useState(false)
  const removing = useAction(removeWorkspace)
  const remove = async () => {
    if (!(await removing.send({ workspaceId: workspace.id as `ws_${string}` }))) return
    setRemoving(false)
    await client.invalidateQueries()
  }
  return (
    <section className="wcard" aria-labelledby={workspace.id}>
      <div className="phead">
        <h2 id={workspace.id} className="h1">
          <Link href={`/w/${workspace.id}`}>{workspace.name}</Link>
        </h2>
        <span className="sp" />
        <button type="button" className="btn sm" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide paths and items' : 'Show paths and items'}
        </button>
        <button
          type="button"
          className="btn sm"
          disabled={!may}
          title={may ? undefined : 'Needs an admin'}
          onClick={() => setRemoving(true)}
        >
          Remove
        </button>
      </div>
      <dl className="kv">
        <dt>Root</dt>
        <dd>
          <PathText path={workspace.root} />
        </dd>
        <dt>Config</dt>
        <dd>
          <PathText path={workspace.configPath} />
        </dd>
        <dt>Backed up</dt>
        <dd>
          {workspace.schedule ? (
            <>
              <span className="mono">{workspace.schedule}</span> in {workspace.timeZone}
            </>
          ) : (
            'never by itself'
          )}{' '}
          ·{' '}
          <Link className="link" href={`/settings/schedules#${workspace.id}`}>
            Change the schedule
          </Link>
        </dd>
        <dt>Restored in place</dt>
        <dd>
          <SecondPerson workspaceId={workspace.id} />
        </dd>
      </dl>
      {isOpen ? <RegisteredItems workspace={workspace} /> : null}
      <Dialog isOpen={isRemoving} onClose={() => setRemoving(false)} title={`Remove ${workspace.name}`}>
        <div className="stack">
          <p>The registration goes; its archives stay in the repository and nothing on disk is touched.</p>
          <button type="button" className="btn d" disabled={removing.busy} onClick={() => void remove()}>
            Remove {workspace.name} from the list
          </button>
          {removing.error ? <ErrorNote error={removing.error} /> : null}
        </div>
      </Dialog>
    </section>
  )
}
