'use client'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { CommandPopover, ErrorNote, SectionHead } from '#app/_components/parts.tsx'
import { addWorkspace, previewWorkspace } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import type { Importance } from '#lib/contracts/common.ts'
import type { AddWorkspaceInput, WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { ItemsTable } from './items-table.tsx'

/** Register a workspace: root → what its config names → add. */
export function AddWorkspace() {
  const may = useMay('settings')
  const router = useRouter()
  const preview = useAction(previewWorkspace)
  const add = useAction(addWorkspace)
  const [found, setFound] = useState<WorkspaceDetail | null>(null)
  const [input, setInput] = useState<AddWorkspaceInput>({ root: '' })

  async function look(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const next = readForm(new FormData(event.currentTarget))
    setInput(next)
    setFound(await preview.send(next))
  }

  async function register() {
    const added = await add.send(input)
    if (added) router.push(`/w/${added.id}`)
  }

  return (
    <div className="page">
      <div className="phead">
        <h1>Add workspace</h1>
        <span className="sp" />
        <CommandPopover command={`orchive workspace add ${input.root || 'ROOT'}`} />
      </div>
      <form className="stack wsform" onSubmit={(event) => void look(event)}>
        <label className="fld">
          <span>Root folder</span>
          <input className="inp" name="root" placeholder="/opt/orchestrator" required autoComplete="off" />
          <small>The folder on this host that holds orchestrator_config.json.</small>
        </label>
        <label className="fld">
          <span>Name</span>
          <input className="inp" name="name" placeholder="The folder’s name" maxLength={80} autoComplete="off" />
        </label>
        <details>
          <summary>Config elsewhere, or paths of a container</summary>
          <div className="stack">
            <label className="fld">
              <span>Config file</span>
              <input className="inp" name="configPath" placeholder="Found by itself when there is one" autoComplete="off" />
            </label>
            <label className="fld">
              <span>Path map</span>
              <input className="inp" name="map" placeholder="/workspace=/opt/orchestrator" autoComplete="off" />
              <small>Where a foreign path prefix of the config lies on this host.</small>
            </label>
          </div>
        </details>
        <div className="fx">
          <button type="submit" className="btn" disabled={!may || preview.busy} title={may ? undefined : 'Needs an admin'}>
            {preview.busy ? 'Reading…' : 'Show its items'}
          </button>
        </div>
      </form>
      {preview.error ? <ErrorNote error={preview.error} /> : null}
      {found && !preview.error ? (
        <section aria-labelledby="items">
          <SectionHead id="items" title={`Items of ${found.name}`} aside={found.configPath} />
          <ItemsTable workspace={found} />
          <Offers found={found} chosen={input.extraItems ?? []} onChange={(extraItems) => setInput({ ...input, extraItems })} />
          {add.error ? <ErrorNote error={add.error} /> : null}
          <div className="fx acts">
            <button type="button" className="btn p" disabled={!may || add.busy} onClick={() => void register()}>
              Add workspace
            </button>
          </div>
        </section>
      ) : null}
    </div>
  )
}

function readForm(fields: FormData): AddWorkspaceInput {
  const text = (name: string) => String(fields.get(name) ?? '').trim()
  const [from, to] = text('map').split('=')
  return {
    root: text('root'),
    ...(text('name') ? { name: text('name') } : {}),
    ...(text('configPath') ? { configPath: text('configPath') } : {}),
    ...(from && to ? { maps: [{ from, to }] } : {}),
  }
}

interface OffersProps {
  found: WorkspaceDetail
  chosen: { key: string; importance: Importance }[]
  onChange(items: { key: string; importance: Importance }[]): void
}

function Offers({ found, chosen, onChange }: OffersProps) {
  if (found.offers.length === 0) return null
  return (
    <fieldset className="offers">
      <legend>Not backed up yet, but look like paths</legend>
      {found.offers.map((offer) => (
        <label className="ck" key={offer.key}>
          <input
            type="checkbox"
            checked={chosen.some(({ key }) => key === offer.key)}
            onChange={(event) =>
              onChange(
                event.target.checked
                  ? [...chosen, { key: offer.key, importance: 'medium' }]
                  : chosen.filter(({ key }) => key !== offer.key),
              )
            }
          />
          <span>
            <b>{offer.key}</b> <span className="mono s brk">{offer.path}</span>{' '}
            {offer.exists ? null : <span className="warn">missing</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
