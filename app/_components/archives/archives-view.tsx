'use client'
import { IconTrash } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { commandText } from '#lib/base/command-text.ts'
import { usePages, useRead } from '#lib/client/queries.ts'
import { useKeys } from '#lib/client/use-keys.ts'
import type { ArchiveKind, ListedArchive } from '#lib/contracts/archive.ts'
import { BackupButton } from '../backup-button.tsx'
import Link from '../link.tsx'
import { OlderButton } from '../older-button.tsx'
import { CommandPopover, ErrorNote, ICON, Reading } from '../parts.tsx'
import { addressNow, useUrlState } from '../url-state.ts'
import { ArchiveLanes } from './archive-lanes.tsx'
import { ArchivePanel } from './archive-panel.tsx'
import { ArchiveTable, rowId } from './archive-table.tsx'
import { ImportButton } from './import-button.tsx'
import { PickBar } from './pick-bar.tsx'
import './archives.css'

const CHIPS = [
  { label: 'L3 or better', key: 'grade', value: '3' },
  { label: 'Held', key: 'held', value: 'true' },
  { label: 'Suspect', key: 'suspect', value: 'true' },
  { label: 'Backups', key: 'kind', value: 'backup' },
  { label: 'Safety archives', key: 'kind', value: 'safety' },
] as const

/** All archives of a workspace: by day, as rows, and one of them in detail. */
export function ArchivesView({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { params, set } = useUrlState()
  const selected = params.get('sel')
  const isFiltered = CHIPS.some(({ key }) => params.has(key))
  const list = usePages('listArchives', {
    workspace: workspaceId,
    limit: 100,
    ...(params.get('grade') ? { grade: Number(params.get('grade')) } : {}),
    ...(params.get('held') ? { held: 'true' as const } : {}),
    ...(params.get('suspect') ? { suspect: 'true' as const } : {}),
    ...(params.get('kind') ? { kind: params.get('kind') as ArchiveKind } : {}),
  })
  const overview = useRead('overview', { workspace: workspaceId })
  const rows = (list.data?.pages ?? []).flatMap((page) => page.rows) as ListedArchive[]
  const select = (id: string | null) => set({ sel: id })
  const step = (by: number) => () => {
    const at = rows.findIndex(({ id }) => id === selected)
    const next = rows[at === -1 ? 0 : at + by]
    if (next) select(next.id)
    return next !== undefined
  }
  const close = () => {
    if (selected) select(null)
    return selected !== null
  }
  useWayBack(selected)
  const { picked, pick, clear } = usePicked()
  const leave = () => close() || clear()
  useKeys({
    x: () => {
      if (selected) pick(selected)
      return selected !== null
    },
    j: step(1),
    k: step(-1),
    '[': step(1),
    ']': step(-1),
    Escape: leave,
  })
  return (
    <div className={`ar ${selected ? 'open' : ''}`}>
      <div className="l">
        <div className="phead">
          <h1>Archives</h1>
          <span className="q">{overview.data ? `${overview.data.archives} in all` : '-'}</span>
          <span className="sp" />
          <CommandPopover command={commandText(['orchive', 'archives', overview.data?.name ?? workspaceId])} />
          <Link className="btn" href={`/w/${workspaceId}/archives/trash`}>
            <IconTrash {...ICON} />
            Trash
          </Link>
          <ImportButton workspaceId={workspaceId} workspace={overview.data?.name ?? workspaceId} />
          <BackupButton workspaceId={workspaceId} />
        </div>
        <ArchiveLanes workspaceId={workspaceId} selectedId={selected} onSelect={select} />
        <div className="chips">
          {CHIPS.map((chip) => {
            const on = params.get(chip.key) === chip.value
            return (
              <button
                key={chip.label}
                type="button"
                className={`flt ${on ? 'on' : ''}`}
                aria-pressed={on}
                // A second press before the first is drawn takes it back.
                onClick={() => set({ [chip.key]: addressNow().get(chip.key) === chip.value ? null : chip.value })}
              >
                {chip.label}
              </button>
            )
          })}
          <span className="sp" />
          <span className="q">Newest first</span>
        </div>
        {list.error ? <ErrorNote error={list.error} again={() => void list.refetch()} /> : null}
        {list.isPending ? <Reading rows={8} /> : null}
        {list.data && rows.length === 0 ? (
          <p className="empty">{isFiltered ? 'No archive matches these filters.' : 'No archive yet. “Back up now” takes the first one.'}</p>
        ) : null}
        {rows.length > 0 ? <ArchiveTable rows={rows} selected={selected} onSelect={select} picked={picked} onPick={pick} /> : null}
        <OlderButton pages={list} label="Show older archives" />
        {picked.length > 0 ? <PickBar workspaceId={workspaceId} picked={picked} rows={rows} onClear={clear} /> : null}
      </div>
      {selected ? <ArchivePanel archiveId={selected as `arc_${string}`} onSelect={select} /> : null}
    </div>
  )
}

/** Who closes the panel is back at the row that it was about. */
function useWayBack(selected: string | null): void {
  const before = useRef(selected)
  useEffect(() => {
    const left = selected === null ? before.current : null
    before.current = selected
    if (left !== null && document.activeElement === document.body) document.getElementById(rowId(left))?.focus()
  }, [selected])
}

/** Ticked rows. They live in the address as well, which is drawn a moment later: a tick must not wait for it. */
function usePicked() {
  const { params, set } = useUrlState()
  const [picked, setPicked] = useState<string[]>([])
  const drawn = params.getAll('pick').join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: told by what is drawn that the address changed; what counts is what stands there by now
  useEffect(() => setPicked(addressNow().getAll('pick')), [drawn])
  const change = (next: string[]) => {
    setPicked(next)
    set({ pick: next })
  }
  return {
    picked,
    pick: (id: string) => change(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id]),
    clear: () => {
      if (picked.length > 0) change([])
      return picked.length > 0
    },
  }
}
