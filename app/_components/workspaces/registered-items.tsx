'use client'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { updateWorkspace } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { AddWorkspaceInput, Workspace } from '#lib/contracts/workspace.ts'
import { ErrorNote, Reading, SectionHead } from '../parts.tsx'
import { ExtraItems } from './extra-items.tsx'
import { filledMaps, PathMaps } from './path-maps.tsx'
import { RuntimeFacts } from './runtime-facts.tsx'
import { WorkspaceItems } from './workspace-items.tsx'

/** The items of a registered workspace, and the path maps and extra items that they follow from; the list follows what is typed. */
export function RegisteredItems({ workspace }: { workspace: Workspace }) {
  const may = useMay('settings')
  const client = useQueryClient()
  const [maps, setMaps] = useState(workspace.maps)
  const [extraItems, setExtraItems] = useState(workspace.extraItems)
  const { send, busy, error } = useAction(updateWorkspace)
  const chosen = { maps: filledMaps(maps), extraItems }
  const isChanged = !isSame(chosen, workspace)
  const [settled] = useDebouncedValue(JSON.stringify(chosen), 350)
  const asked: AddWorkspaceInput = {
    root: workspace.root,
    configPath: workspace.configPath,
    ...(JSON.parse(settled) as typeof chosen),
  }
  const registered = useRead('showWorkspace', { workspace: workspace.id as `ws_${string}` })
  const preview = useRead('previewWorkspace', asked, { enabled: may && isChanged, keep: true })
  const shown = isChanged ? preview : registered
  const detail = shown.error ? null : (shown.data ?? registered.data ?? null)
  const id = `items-${workspace.id}`
  const discard = () => {
    setMaps(workspace.maps)
    setExtraItems(workspace.extraItems)
  }
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const saved = await send({ workspaceId: workspace.id as `ws_${string}`, ...chosen })
    if (!saved) return
    setMaps(saved.maps)
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message: `The next backup of ${saved.name} follows these paths.` })
    await client.invalidateQueries()
  }
  return (
    <form className="rform" onSubmit={(event) => void save(event)}>
      <section className="stack" aria-labelledby={id}>
        <SectionHead id={id} title={isChanged ? 'What would be backed up' : 'Items'} aside={shown.isFetching ? 'Reading…' : undefined} />
        {shown.error ? <ErrorNote error={shown.error} again={() => void shown.refetch()} /> : null}
        {detail ? <WorkspaceItems detail={detail} /> : shown.error ? null : <Reading rows={4} />}
      </section>
      {registered.data ? <RuntimeFacts runtime={registered.data.runtime} /> : null}
      <PathMaps maps={maps} suggested={detail?.suggestedMaps ?? []} disabled={!may || busy} onChange={setMaps} />
      <ExtraItems extraItems={extraItems} detail={detail} disabled={!may || busy} onChange={setExtraItems} />
      {error ? <ErrorNote error={error} /> : null}
      <div className="fx wrap">
        <button type="submit" className="btn p" disabled={!may || busy || !isChanged} title={may ? undefined : 'Needs an admin'}>
          {busy ? 'Saving…' : 'Save paths and items'}
        </button>
        {isChanged ? (
          <button type="button" className="btn" onClick={discard}>
            Discard changes
          </button>
        ) : null}
      </div>
    </form>
  )
}

type Paths = Pick<Workspace, 'maps' | 'extraItems'>
const isSame = (a: Paths, b: Paths): boolean => textOf(a) === textOf(b)
const textOf = ({ maps, extraItems }: Paths): string =>
  JSON.stringify([maps.map(({ from, to }) => [from, to]), extraItems.map(({ key, importance }) => [key, importance]).sort()])
