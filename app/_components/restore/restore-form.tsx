'use client'
import { IconRestore, IconX } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { commandText, operands } from '#lib/base/command-text.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { ConflictMode, RestoreRequest } from '#lib/contracts/archive.ts'
import { ArchiveOptions } from '../archives/archive-options.tsx'
import { CommandPopover, ErrorNote, ICON, Reading } from '../parts.tsx'
import { useStopWords } from './stop-words.ts'

interface Props {
  workspaceId: `ws_${string}`
  name: string
  root: string
  archiveId: string | null
  /** Paths that were chosen while browsing; empty = by item. */
  paths: string[]
  /** What was asked for before, when somebody comes back from the review. */
  before: RestoreRequest | null
  onArchive: (id: string) => void
  onPaths: (paths: string[]) => void
  onPlan: (request: RestoreRequest) => void
}

const CONFLICTS: { value: ConflictMode; label: string }[] = [
  { value: 'fail', label: 'Stop when something is there' },
  { value: 'overwrite', label: 'Replace what differs' },
  { value: 'skip', label: 'Keep what is there' },
  { value: 'newer', label: 'Replace what is older' },
]

/** Which archive, which items, where to. */
export function RestoreForm(props: Props) {
  const { workspaceId, archiveId, before } = props
  const list = useRead('listArchives', { workspace: workspaceId, limit: 100 })
  const rows = list.data?.rows ?? []
  const shown = useRead(
    'getArchive',
    { archive: (archiveId ?? rows[0]?.id ?? 'arc_') as `arc_${string}` },
    { enabled: Boolean(archiveId ?? rows[0]) },
  )
  const may = useMay('restore')
  const stop = useStopWords(workspaceId)
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [where, setWhere] = useState<'folder' | 'place'>(before?.target === null ? 'place' : 'folder')
  const [folder, setFolder] = useState(before?.target ?? `${props.root}-restored`)
  const [conflict, setConflict] = useState<ConflictMode>(before?.conflict ?? 'fail')
  const [exact, setExact] = useState(before?.exact ?? false)
  const archive = shown.data
  const offered = (archive?.items ?? []).filter((item) => item.archiveName !== null && (item.kind === 'file' || item.kind === 'folder'))
  // Whole items in the address are ticks, not paths.
  const isByItem = props.paths.every((path) => offered.some(({ archiveName }) => archiveName === path))
  const paths = isByItem ? [] : props.paths
  const isTicked = (item: { key: string; archiveName: string | null }) =>
    !left.has(item.key) && (!isByItem || props.paths.length === 0 || props.paths.includes(item.archiveName!))
  const wanted = offered.filter(isTicked)
  const chosenPaths = paths.length > 0 ? paths : wanted.length === offered.length ? [] : wanted.map((item) => item.archiveName!)
  const isReady = archive !== undefined && (paths.length > 0 || wanted.length > 0) && (where === 'place' || folder.trim() !== '')
  const tick = (item: { key: string; archiveName: string | null }) => {
    const ticked = isTicked(item)
    setLeft(new Set(offered.filter((one) => (one === item ? ticked : !isTicked(one))).map(({ key }) => key)))
    if (props.paths.length > 0) props.onPaths([])
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!archive) return
    const target = where === 'place' ? null : folder.trim()
    props.onPlan({ archiveId: archive.id, paths: chosenPaths, target, exact, ...(where === 'folder' ? { conflict } : {}) })
  }
  if (list.error) return <ErrorNote error={list.error} again={() => void list.refetch()} />
  if (!list.data) return <Reading rows={6} />
  if (rows.length === 0) return <p className="empty">There is nothing to restore yet. Take a backup first.</p>
  return (
    <form className="rform" onSubmit={submit}>
      <div className="stack">
        <h2 className="h">Archive</h2>
        <ArchiveOptions
          workspaceId={workspaceId}
          newest={rows}
          value={archiveId ?? rows[0]!.id}
          onPick={props.onArchive}
          className="inp"
          label="Archive"
        />
      </div>
      {shown.error ? <ErrorNote error={shown.error} /> : null}
      {archive?.suspect ? <p className="warn">This archive is suspect: its State file looks torn, reset or shrunken.</p> : null}
      {paths.length > 0 ? (
        <ChosenPaths paths={paths} onPaths={props.onPaths} />
      ) : (
        <fieldset className="fs">
          <legend>Items</legend>
          {archive === undefined ? <Reading rows={4} /> : null}
          {offered.map((item) => (
            <label key={item.key} className="ck">
              <input type="checkbox" checked={isTicked(item)} onChange={() => tick(item)} />
              <span className="b">{item.label}</span>
              <span className="q">
                {item.importance}, {plural(item.files, 'file')}, {formatBytes(item.contentBytes)}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <fieldset className="fs">
        <legend>Where to</legend>
        <label className="ck">
          <input type="radio" name="where" checked={where === 'folder'} onChange={() => setWhere('folder')} />
          <span className="b">To another folder</span>
          <span className="q">Nothing live is touched</span>
        </label>
        <label className="ck">
          <input type="radio" name="where" checked={where === 'place'} onChange={() => setWhere('place')} />
          <span className="b">In place</span>
          <span className="q">Replaces the items of {props.name}, after a safety archive</span>
        </label>
      </fieldset>
      {where === 'folder' ? (
        <div className="two">
          <label className="fld">
            <span>Folder on this host</span>
            <input
              className="inp mono"
              value={folder}
              placeholder={`${props.root}-restored`}
              onChange={(event) => setFolder(event.target.value)}
            />
          </label>
          <label className="fld">
            <span>When something is already there</span>
            <select className="inp" value={conflict} onChange={(event) => setConflict(event.target.value as ConflictMode)}>
              {CONFLICTS.map((one) => (
                <option key={one.value} value={one.value}>
                  {one.label}
                </option>
              ))}
            </select>
          </label>
        </div>
      ) : (
        <p className={`note ${stop?.isStopped === false ? 'warn' : ''}`}>
          {stop ? `${stop.text}.` : 'What is there now is archived first.'}{' '}
          {stop?.isStopped === false ? 'Start it again after the restore.' : ''}
        </p>
      )}
      <label className="ck">
        <input type="checkbox" checked={exact} onChange={() => setExact(!exact)} />
        <span>Exact: also move away what is not in the archive</span>
      </label>
      <div className="fx">
        <button type="submit" className="btn p lg" disabled={!may || !isReady} title={may ? undefined : 'Your role may not restore'}>
          <IconRestore {...ICON} />
          Plan restore
        </button>
        <CommandPopover
          command={commandText([
            ...['orchive', 'restore', ...(where === 'place' ? ['--in-place'] : ['--target', folder || 'DIR', '--conflict', conflict])],
            ...[...(exact ? ['--exact'] : []), '--dry-run', ...operands(archive?.id ?? 'latest', ...chosenPaths)],
          ])}
        />
        <span className="q">Planning changes nothing.</span>
      </div>
    </form>
  )
}

/** Paths that came from browsing; each can be left out again. */
function ChosenPaths({ paths, onPaths }: { paths: string[]; onPaths: (paths: string[]) => void }) {
  return (
    <fieldset className="fs">
      <legend>{plural(paths.length, 'path')} chosen</legend>
      <ul className="plist">
        {paths.map((path) => (
          <li key={path}>
            <span className="mono brk">{path}</span>
            <button
              type="button"
              className="ib"
              aria-label={`Leave out ${path}`}
              onClick={() => onPaths(paths.filter((other) => other !== path))}
            >
              <IconX {...ICON} />
            </button>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}
