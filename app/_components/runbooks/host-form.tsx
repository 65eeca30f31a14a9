'use client'
import { type FormEvent, useState } from 'react'
import { commandText } from '#lib/base/command-text.ts'
import { mapText } from '#lib/base/map-text.ts'
import { useRead } from '#lib/client/queries.ts'
import type { HostRequest } from '#lib/contracts/host.ts'
import type { PathMap } from '#lib/contracts/workspace.ts'
import { CommandPopover } from '../parts.tsx'
import { filledMaps, PathMaps } from '../workspaces/path-maps.tsx'

type SourceKind = HostRequest['source']['kind']

const SOURCES: Record<SourceKind, [string, string]> = {
  repository: ['A repository', 'A folder on this host with a copy of it: a mounted disk, or one that was copied here.'],
  tar: ['An exported archive', 'One .tar, .tar.gz or .tar.zst file that was exported from Orchive.'],
  known: ['What this console knows', 'A workspace that is registered here, or was a moment ago.'],
}

interface Props {
  isBusy: boolean
  disabled: boolean
  onPlan: (request: HostRequest) => void
}

/** Where from, where to, and what paths outside the old root become. */
export function HostForm({ isBusy, disabled, onPlan }: Props) {
  const [kind, setKind] = useState<SourceKind>('repository')
  const [path, setPath] = useState('')
  const [workspace, setWorkspace] = useState('')
  const [root, setRoot] = useState('')
  const [maps, setMaps] = useState<PathMap[]>([])
  const [rewriteConfig, setRewrite] = useState(false)
  const known = useRead('listWorkspaces', {}).data ?? []
  const request: HostRequest = {
    source: kind === 'known' ? { kind } : { kind, path: path.trim() },
    ...(workspace === '' || kind === 'tar' ? {} : { workspace }),
    root: root.trim(),
    maps: filledMaps(maps),
    rewriteConfig,
  }
  const isReady = !disabled && !isBusy && request.root !== '' && (request.source.kind === 'known' || request.source.path !== '')
  const plan = (event: FormEvent) => {
    event.preventDefault()
    onPlan(request)
  }
  return (
    <form className="rform" onSubmit={plan}>
      <fieldset className="modes">
        <legend className="h">Bring it back from</legend>
        {(Object.keys(SOURCES) as SourceKind[]).map((one) => (
          <label key={one} className="ck">
            <input
              type="radio"
              name="source"
              checked={kind === one}
              disabled={one === 'known' && known.length === 0}
              onChange={() => setKind(one)}
            />
            <span>
              <b>{SOURCES[one][0]}</b> <span className="q">{SOURCES[one][1]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="two even">
        {kind === 'known' ? null : (
          <label className="fld">
            <span>{kind === 'tar' ? 'Exported file' : 'Folder of the repository'}</span>
            <input
              className="inp mono"
              required
              value={path}
              placeholder={kind === 'tar' ? '/mnt/usb/prod.tar.zst' : '/mnt/backup/orchive'}
              onChange={(event) => setPath(event.target.value)}
            />
          </label>
        )}
        <label className="fld">
          <span>New root folder; absent or empty</span>
          <input
            className="inp mono"
            required
            value={root}
            placeholder="/opt/orchestrator"
            onChange={(event) => setRoot(event.target.value)}
          />
        </label>
        {kind === 'tar' || known.length < 2 ? null : (
          <label className="fld">
            <span>Workspace</span>
            <select className="inp" value={workspace} onChange={(event) => setWorkspace(event.target.value)}>
              <option value="">The only one of the repository</option>
              {known.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <PathMaps maps={maps} suggested={[]} onChange={setMaps} />
      <label className="ck">
        <input type="checkbox" checked={rewriteConfig} onChange={(event) => setRewrite(event.target.checked)} />
        <span>
          Write the new paths into the config <span className="q">Else it stays as it was archived, and path maps stand in.</span>
        </span>
      </label>
      <div className="fx wrap">
        <button type="submit" className="btn p lg" disabled={!isReady}>
          {isBusy ? 'Planning…' : 'Show the plan'}
        </button>
        <CommandPopover command={hostCommand(request)} />
        <span className="q">This takes the archives in, and writes nothing to the new root yet.</span>
      </div>
    </form>
  )
}

/** What somebody would type for the same. */
export function hostCommand({ source, workspace, archive, root, maps, rewriteConfig }: HostRequest): string {
  return commandText([
    ...['orchive', 'recover', 'host'],
    ...(source.kind === 'repository'
      ? ['--repository', source.path || 'DIR']
      : source.kind === 'tar'
        ? ['--from-tar', source.path || 'FILE']
        : []),
    ...(workspace ? ['--workspace', workspace] : []),
    ...(archive ? ['--archive', archive] : []),
    ...['--root', root || 'DIR'],
    ...maps.flatMap((map) => ['--map', mapText(map)]),
    ...(rewriteConfig ? ['--rewrite-config'] : []),
  ])
}
