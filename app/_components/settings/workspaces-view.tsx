'use client'
import { Modal } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { ErrorNote, ICON, Reading, SectionHead } from '#app/_components/parts.tsx'
import { removeWorkspace, updateWorkspace } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { Workspace } from '#lib/contracts/workspace.ts'
import { ItemsTable } from './items-table.tsx'

/** All workspaces with their items, schedule and registration. */
export function WorkspacesView() {
  const { data, error, refetch } = useRead('listWorkspaces', {})
  return (
    <div className="page">
      <div className="phead">
        <h1>Workspaces</h1>
        <span className="sp" />
        <Link className="btn p" href="/settings/workspaces/new">
          <IconPlus {...ICON} />
          Add workspace
        </Link>
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={4} what="Reading workspaces…" /> : null}
      {data?.length === 0 ? (
        <p className="empty">No workspace is registered. Add one by its root folder; its config says what is backed up.</p>
      ) : null}
      {data?.map((workspace) => (
        <OneWorkspace key={workspace.id} workspace={workspace} onChange={() => void refetch()} />
      ))}
    </div>
  )
}

function OneWorkspace({ workspace, onChange }: { workspace: Workspace; onChange(): void }) {
  const { data, error, refetch } = useRead('showWorkspace', { workspace: workspace.id })
  const headId = `head-${workspace.id}`
  return (
    <section aria-labelledby={headId} className="onews">
      <SectionHead id={headId} title={workspace.name} aside={workspace.configPath}>
        <button type="button" className="btn sm" onClick={() => void refetch()}>
          Read again
        </button>
      </SectionHead>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {data ? <ItemsTable workspace={data} /> : error ? null : <Reading rows={4} what="Reading its items…" />}
      {workspace.maps.length > 0 ? (
        <p className="s">
          Path maps: <span className="mono">{workspace.maps.map(({ from, to }) => `${from} → ${to}`).join(', ')}</span>
        </p>
      ) : null}
      <Schedule workspace={workspace} onChange={onChange} />
      <Remove workspace={workspace} onRemoved={onChange} />
    </section>
  )
}

function Schedule({ workspace, onChange }: { workspace: Workspace; onChange(): void }) {
  const may = useMay('settings')
  const { send, busy, error } = useAction(updateWorkspace)
  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const schedule = String(new FormData(event.currentTarget).get('schedule')).trim()
    if (await send({ workspaceId: workspace.id, schedule: schedule === '' ? null : schedule })) onChange()
  }
  return (
    <form className="schedule" onSubmit={(event) => void save(event)}>
      <label className="fld">
        <span>Backup schedule (cron, {workspace.timeZone}; empty for none)</span>
        <input className="inp mono" name="schedule" defaultValue={workspace.schedule ?? ''} placeholder="0 2 * * *" disabled={!may} />
      </label>
      <button type="submit" className="btn" disabled={!may || busy} title={may ? undefined : 'Needs an admin'}>
        Save schedule
      </button>
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}

function Remove({ workspace, onRemoved }: { workspace: Workspace; onRemoved(): void }) {
  const may = useMay('settings')
  const router = useRouter()
  const [isAsking, setAsking] = useState(false)
  const { send, busy, error } = useAction(removeWorkspace)
  async function remove() {
    if (!(await send({ workspaceId: workspace.id }))) return
    setAsking(false)
    onRemoved()
    router.refresh()
  }
  return (
    <>
      <button type="button" className="btn g sm" disabled={!may} title={may ? undefined : 'Needs an admin'} onClick={() => setAsking(true)}>
        Remove {workspace.name}
      </button>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={`Remove ${workspace.name}`} centered>
        <div className="stack">
          <p>It is not backed up any more. Its archives stay in the repository, and a rebuild of the catalog registers it again.</p>
          {error ? <ErrorNote error={error} /> : null}
          <div className="fx">
            <button type="button" className="btn d" disabled={busy} onClick={() => void remove()}>
              Remove {workspace.name}
            </button>
            <button type="button" className="btn" onClick={() => setAsking(false)}>
              Keep it
            </button>
          </div>
        </div>
      </Modal>
    </>
  )
}
