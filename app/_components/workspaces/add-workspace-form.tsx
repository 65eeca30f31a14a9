'use client'
import { useDebouncedValue } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { addWorkspace, initRepository } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { itemText, mapText } from '#lib/base/map-text.ts'
import { callApi } from '#lib/client/api.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { AddWorkspaceInput, ExtraItem, PathMap } from '#lib/contracts/workspace.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, Reading, SectionHead } from '../parts.tsx'
import { FirstRepository, type FirstRepositoryChoice } from '../repository/first-repository.tsx'
import { KeyError } from '../repository/key-error.tsx'
import { NO_PASSPHRASE, passphraseProblem } from '../repository/passphrase-fields.tsx'
import { RecoveryKeyNote } from '../repository/recovery-key-note.tsx'
import '../repository/repository.css'
import { ExtraItems } from './extra-items.tsx'
import { filledMaps, PathMaps } from './path-maps.tsx'
import { WorkspaceItems } from './workspace-items.tsx'
import './workspaces.css'

/** Root, optional config, name, path maps and extra items; shows what would be backed up, as it is typed, before it is registered. */
export function AddWorkspaceForm() {
  const router = useRouter()
  const client = useQueryClient()
  const may = useMay('settings')
  const [root, setRoot] = useState('')
  const [configPath, setConfigPath] = useState('')
  const [name, setName] = useState('')
  const [maps, setMaps] = useState<PathMap[]>([])
  const [extraItems, setExtraItems] = useState<ExtraItem[]>([])
  const [isShown, setShown] = useState(false)
  const adding = useAction(addWorkspace)
  const repositories = useRead('listRepositories', {}, { enabled: may })
  const firstPath = repositories.data?.repositories.find((one) => one.isDefault && one.state === 'none' && one.problem === null)?.path
  const [choice, setChoice] = useState<FirstRepositoryChoice>({ isEncrypted: false, passphrase: NO_PASSPHRASE })
  const making = useAction(initRepository)
  const [made, setMade] = useState<{ recoveryKey: string; path: string } | null>(null)
  const [refusal, setRefusal] = useState<Error | null>(null)
  const input = inputOf({ root, configPath, name, maps, extraItems })
  const [settled] = useDebouncedValue(JSON.stringify({ ...input, name: undefined }), 350)
  const seen = JSON.parse(settled) as AddWorkspaceInput
  const preview = useRead('previewWorkspace', seen, { enabled: may && isShown && seen.root !== '', keep: true })
  const detail = preview.error ? null : (preview.data ?? null)
  const isBusy = adding.busy || making.busy
  const isReady = may && input.root !== '' && !isBusy && (!choice.isEncrypted || passphraseProblem(choice.passphrase) === null)
  /** A repository is made only for a workspace that can be added. */
  const makeRepository = async (path: string) => {
    setRefusal(null)
    try {
      await callApi('previewWorkspace', input)
    } catch (error) {
      return setRefusal(error as Error)
    }
    const { first } = choice.passphrase
    const done = await making.send({ path, isEncrypted: true, ...(first === '' ? {} : { passphrase: first }) })
    if (done?.recoveryKey) setMade({ recoveryKey: done.recoveryKey, path })
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (firstPath !== undefined && choice.isEncrypted) await makeRepository(firstPath)
    else await add()
  }
  const add = async () => {
    setMade(null)
    const added = await adding.send(input)
    if (!added) return
    await client.invalidateQueries()
    router.push(`/w/${added.id}`)
    router.refresh()
  }
  if (made) {
    return (
      <div className="page rsp">
        <h1>Add a workspace</h1>
        <RecoveryKeyNote recoveryKey={made.recoveryKey} path={made.path} onKept={() => void add()} />
      </div>
    )
  }
  return (
    <div className="page rsp">
      <div className="stack">
        <h1>Add a workspace</h1>
        <p className="s">
          Name the root folder of an orchestrator workspace on this host. Its config file says where the state, the knowledge packs and the
          logs are. Nothing is copied yet.
        </p>
      </div>
      <p className="q">
        The host was lost, and its archives are here?{' '}
        <Link className="link" href="/runbooks/host">
          Bring it back
        </Link>{' '}
        instead.
      </p>
      {may ? null : <ErrorNote error={{ message: 'Your role may not add workspaces.', hint: 'Ask an admin.' }} />}
      <form className="rform" onSubmit={(event) => void submit(event)}>
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
        {isShown ? (
          <>
            <PathMaps maps={maps} suggested={detail?.suggestedMaps ?? []} onChange={setMaps} />
            <section className="stack" aria-labelledby="would">
              <SectionHead id="would" title="What would be backed up" aside={preview.isFetching ? 'Reading…' : detail?.configPath} />
              {preview.error ? <ErrorNote error={preview.error} again={() => void preview.refetch()} /> : null}
              {detail ? <WorkspaceItems detail={detail} /> : preview.error ? null : <Reading rows={4} />}
            </section>
            <ExtraItems extraItems={extraItems} detail={detail} onChange={setExtraItems} />
          </>
        ) : null}
        {firstPath === undefined ? null : <FirstRepository path={firstPath} value={choice} onChange={setChoice} />}
        {adding.error ? <ErrorNote error={adding.error} /> : null}
        {refusal ? <ErrorNote error={refusal} /> : null}
        <KeyError error={making.error} />
        <div className="fx wrap">
          <button type="submit" className="btn p lg" disabled={!isReady}>
            {isBusy ? 'Adding…' : 'Add workspace'}
          </button>
          {isShown ? null : (
            <button type="button" className="btn lg" disabled={!isReady} onClick={() => setShown(true)}>
              Show what it holds
            </button>
          )}
          <CommandPopover command={commandOf(input)} />
        </div>
      </form>
    </div>
  )
}

interface Typed {
  root: string
  configPath: string
  name: string
  maps: PathMap[]
  extraItems: ExtraItem[]
}

function inputOf({ root, configPath, name, maps, extraItems }: Typed): AddWorkspaceInput {
  return {
    root: root.trim(),
    ...(configPath.trim() ? { configPath: configPath.trim() } : {}),
    ...(name.trim() ? { name: name.trim() } : {}),
    maps: filledMaps(maps),
    extraItems,
  }
}

function commandOf({ root, configPath, name, maps = [], extraItems = [] }: AddWorkspaceInput): string {
  return commandText([
    ...['orchive', 'workspace', 'add', root || 'ROOT'],
    ...(configPath ? ['--config', configPath] : []),
    ...(name ? ['--name', name] : []),
    ...maps.flatMap((map) => ['--map', mapText(map)]),
    ...extraItems.flatMap((item) => ['--item', itemText(item)]),
  ])
}
