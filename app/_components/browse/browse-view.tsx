'use client'
import { useDebouncedValue } from '@mantine/hooks'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { useRouter } from 'next/navigation'
import { useRef, useState } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { useNow } from '#lib/client/now.ts'
import { usePages, useRead } from '#lib/client/queries.ts'
import { useKeys } from '#lib/client/use-keys.ts'
import type { ArchiveDetail } from '#lib/contracts/archive.ts'
import { ErrorNote, ICON, Ladder } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { FileTree } from './file-tree.tsx'
import { FindResults } from './find-results.tsx'
import { HistoryRail } from './history-rail.tsx'
import { PreviewPane } from './preview-pane.tsx'
import { SelectionBar } from './selection-bar.tsx'
import './browse.css'

interface Props {
  workspaceId: `ws_${string}`
  archiveId: `arc_${string}`
}

/** Tree, preview, versions; the file shown lives in the address. */
export function BrowseView({ workspaceId, archiveId }: Props) {
  const { params, set } = useUrlState()
  const path = params.get('path')
  const shownIn = (params.get('v') ?? archiveId) as `arc_${string}`
  const [typed, setTyped] = useState('')
  const [pattern] = useDebouncedValue(typed.trim(), 250)
  const [chosen, setChosen] = useState<ReadonlyMap<string, number>>(new Map())
  const finder = useRef<HTMLInputElement>(null)
  const detail = useRead('getArchive', { archive: archiveId })
  const show = (next: string) => set({ path: next, v: null })
  const choose = (one: string, sizeBytes: number) =>
    setChosen((old) => {
      const next = new Map(old)
      if (!next.delete(one)) next.set(one, sizeBytes)
      return next
    })
  const router = useRouter()
  const goTo = (id: string | null | undefined) => {
    if (id) router.push(browseHref(workspaceId, id, path))
    return Boolean(id)
  }
  const history = usePages(
    'history',
    { workspace: workspaceId, path: path ?? '', archive: shownIn },
    { enabled: path !== null, keep: true },
  )
  const versions = (history.data?.pages ?? []).flatMap((page) => page.rows)
  const shownVersion = versions.findIndex(({ isShown }) => isShown)
  /** With a file shown its versions, else the archives. */
  const step = (by: 1 | -1) => () => {
    if (path === null) return goTo(by === 1 ? detail.data?.previousId : detail.data?.nextId)
    const next = shownVersion === -1 ? undefined : versions[shownVersion + by]?.newest
    if (next) set({ v: next.id === archiveId ? null : next.id })
    return next !== undefined
  }
  useKeys({
    f: () => {
      finder.current?.focus()
      return true
    },
    '[': step(1),
    ']': step(-1),
  })
  return (
    <div className={`br ${path === null ? '' : 'file'}`}>
      <BrowseHead archive={detail.data ?? null} workspaceId={workspaceId} path={path} />
      {detail.error ? <ErrorNote error={detail.error} again={() => void detail.refetch()} /> : null}
      <div className="b3">
        <div className="tp">
          <input
            ref={finder}
            className="inp"
            type="search"
            placeholder="Find a file in this archive"
            aria-label="Find a file in this archive"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          {pattern.length > 0 ? (
            <FindResults key={pattern} archiveId={archiveId} pattern={pattern} chosen={chosen} onShow={show} onChoose={choose} />
          ) : (
            <FileTree archiveId={archiveId} shown={path} chosen={chosen} onShow={show} onChoose={choose} />
          )}
        </div>
        {path === null ? (
          <p className="empty pick">Choose a file to read it here.</p>
        ) : (
          <>
            <PreviewPane key={`${shownIn}${path}`} archiveId={shownIn} path={path} onBack={() => set({ path: null, v: null })} />
            <HistoryRail workspaceId={workspaceId} path={path} shownIn={shownIn} onSelect={(v) => set({ v: v === archiveId ? null : v })} />
          </>
        )}
      </div>
      <SelectionBar workspaceId={workspaceId} archiveId={archiveId} chosen={chosen} onClear={() => setChosen(new Map())} />
    </div>
  )
}

const browseHref = (workspaceId: string, archiveId: string, path: string | null) =>
  `/w/${workspaceId}/archives/${archiveId}/browse${path ? `?path=${encodeURIComponent(path)}` : ''}`

function BrowseHead({ archive, workspaceId, path }: { archive: ArchiveDetail | null; workspaceId: string; path: string | null }) {
  const router = useRouter()
  const now = useNow(60_000)
  const go = (id: string | null | undefined) => id && router.push(browseHref(workspaceId, id, path))
  return (
    <header className="bh">
      <button
        type="button"
        className="ib bd"
        aria-label="Older archive"
        disabled={!archive?.previousId}
        onClick={() => go(archive?.previousId)}
      >
        <IconChevronDown {...ICON} />
      </button>
      <button type="button" className="ib bd" aria-label="Newer archive" disabled={!archive?.nextId} onClick={() => go(archive?.nextId)}>
        <IconChevronUp {...ICON} />
      </button>
      <h1>{archive ? `${formatDay(archive.createdAt, now)}, ${formatClock(archive.createdAt)}` : 'Reading…'}</h1>
      {archive ? <Ladder grade={archive.grade} at={archive.gradedAt} /> : null}
      {archive ? (
        <span className="q">
          {plural(archive.files, 'file')}, {formatBytes(archive.contentBytes)}
        </span>
      ) : null}
    </header>
  )
}
