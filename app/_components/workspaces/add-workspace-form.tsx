'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { addWorkspace, previewWorkspace } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import type { AddWorkspaceInput, WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { CommandPopover, ErrorNote, SectionHead } from '../parts.tsx'
import { WorkspaceItems } from './workspace-items.tsx'

type Importance = 'critical' | 'high' | 'medium'

/** Root, optional config and name; shows what would be backed up before it is registered. */
export function AddWorkspaceForm() {
  const router = useRouter()
  const client = useQueryClient()
  const may = useMay('settings')
  const [root, setRoot] = useState('')
  const [configPath, setConfigPath] = useState('')
  const [name, setName] = useState('')
  const [extras, setExtras] = useState<Record<string, Importance>>({})
  const [preview, setPreview] = useState<WorkspaceDetail | null>(null)
  const looking = useAction(previewWorkspace)
  const adding = useAction(addWorkspace)
  const input: AddWorkspaceInput = {
    root: root.trim(),
    ...(configPath.trim() ? { configPath: configPath.trim() } : {}),
    ...(name.trim() ? { name: name.trim() } : {}),
    extraItems: Object.entries(extras).map(([key, importance]) => ({ key, importance })),
  }
  const look = async () => setPreview(await looking.send(input))
  const add = async (event: FormEvent) => {
    event.preventDefault()
    const added = await adding.send(input)
    if (!added) return
    await client.invalidateQueries()
    router.push(`/w/${added.id}`)
    router.refresh()
  }
  const busy = looking.busy || adding.busy
  const isReady = may && root.trim() !== '' && !busy
  return (
    <div className="page rsp">
      <h1>Add a workspace</h1>
      <p className="s">
        Name the root folder of an orchestrator workspace on this host. Its config file says where the state, the config, the knowledge
        packs and the logs are; nothing is copied yet.
      </p>
      {may ? null : <ErrorNote error={{ message: 'Your role may not add workspaces.', hint: 'Ask an admin.' }} />}
      <form className="rform" onSubmit={(event) => void add(event)}>
        <label className="fld">
          <span>Root folder</span>
          <input
            className="inp mono"
            required
            value={root}
            placeholder="/srv/orchestrator"
            onChange={(event) => setRoot(event.target.value)}
          />
        </label>
        <div className="two even">
          <label className="fld">
            <span>Config file, when it is not found by itself</span>
            <input
              className="inp mono"
              value={configPath}
              placeholder="found in the root"
              onChange={(event) => setConfigPath(event.target.value)}
            />
          </label>
          <label className="fld">
            <span>Name</span>
            <input
              className="inp"
              value={name}
              maxLength={80}
              placeholder="name of the folder"
              onChange={(event) => setName(event.target.value)}
            />
          </label>
        </div>
        {looking.error ? <ErrorNote error={looking.error} /> : null}
        {preview ? (
          <section aria-labelledby="would">
            <SectionHead id="would" title="What would be backed up" aside={preview.configPath} />
            <WorkspaceItems detail={preview} />
            <Offers offers={preview.offers} extras={extras} onChange={setExtras} />
          </section>
        ) : null}
        {adding.error ? <ErrorNote error={adding.error} /> : null}
        <div className="fx wrap">
          <button type="submit" className="btn p lg" disabled={!isReady}>
            {adding.busy ? 'Adding…' : 'Add workspace'}
          </button>
          <button type="button" className="btn lg" disabled={!isReady} onClick={() => void look()}>
            {looking.busy ? 'Reading the config…' : 'Show what it holds'}
          </button>
          <CommandPopover
            command={`orchive workspace add ${input.root || 'ROOT'}${input.configPath ? ` --config ${input.configPath}` : ''}${input.name ? ` --name '${input.name}'` : ''}`}
          />
        </div>
      </form>
    </div>
  )
}

interface OffersProps {
  offers: WorkspaceDetail['offers']
  extras: Record<string, Importance>
  onChange: (extras: Record<string, Importance>) => void
}

/** Other path-like keys of the config, each of which may become an item. */
function Offers({ offers, extras, onChange }: OffersProps) {
  if (offers.length === 0) return null
  return (
    <fieldset className="fs">
      <legend>Also named in the config</legend>
      {offers.map(({ key, path, exists }) => (
        <div key={key} className="fx wrap">
          <label className="ck">
            <input
              type="checkbox"
              checked={key in extras}
              onChange={() => {
                const { [key]: had, ...rest } = extras
                onChange(had ? rest : { ...extras, [key]: 'medium' })
              }}
            />
            <span className="mono b">{key}</span>
            <span className="mono q brk">{path}</span>
            {exists ? null : <span className="warn">not there now</span>}
          </label>
          {key in extras ? (
            <select
              className="inp sm"
              aria-label={`Importance of ${key}`}
              value={extras[key]}
              onChange={(event) => onChange({ ...extras, [key]: event.target.value as Importance })}
            >
              <option value="critical">critical</option>
              <option value="high">high</option>
              <option value="medium">medium</option>
            </select>
          ) : null}
        </div>
      ))}
    </fieldset>
  )
}
