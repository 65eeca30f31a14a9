'use client'
import { IconChevronDown, IconChevronRight, IconFile, IconFolder, IconLink } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { type TreeLine, useFolderTree } from '#lib/client/folder-tree.ts'
import type { FolderRow } from '#lib/contracts/archive.ts'
import { ICON } from '../parts.tsx'

const ROW_HEIGHT = 28

interface Props {
  archiveId: `arc_${string}`
  shown: string | null
  chosen: ReadonlyMap<string, number>
  onShow: (path: string) => void
  onChoose: (path: string, sizeBytes: number) => void
}

/** The tree of an archive: only what is on screen is drawn, only opened folders are read. */
export function FileTree(props: Props) {
  const { lines, toggle, more, again } = useFolderTree(props.archiveId)
  const box = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(0)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (index) => lines[index]?.key ?? index,
  })
  useEffect(() => {
    const line = lines.length === 1 ? lines[0] : undefined
    if (line?.kind === 'entry' && line.row.type === 'dir' && !line.isOpen) toggle(line.row.path, true)
  }, [lines, toggle])

  const act = (line: TreeLine) => {
    if (line.kind === 'more') more(line.folder)
    else if (line.kind === 'error') void again(line.folder)
    else if (line.kind === 'entry' && line.row.type === 'dir') toggle(line.row.path)
    else if (line.kind === 'entry') props.onShow(line.row.path)
  }
  const move = (to: number) => {
    const next = Math.max(0, Math.min(lines.length - 1, to))
    setActive(next)
    virtual.scrollToIndex(next)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const line = lines[active]
    if (!line) return
    const isFolder = line.kind === 'entry' && line.row.type === 'dir'
    if (event.key === 'ArrowDown') move(active + 1)
    else if (event.key === 'ArrowUp') move(active - 1)
    else if (event.key === 'Home') move(0)
    else if (event.key === 'End') move(lines.length - 1)
    else if (event.key === 'ArrowRight' && isFolder && !line.isOpen) toggle(line.row.path, true)
    else if (event.key === 'ArrowLeft' && isFolder && line.isOpen) toggle(line.row.path, false)
    else if (event.key === 'Enter') act(line)
    else if (event.key === ' ' && line.kind === 'entry') props.onChoose(line.row.path, line.row.sizeBytes)
    else return
    event.preventDefault()
  }
  const drawn = virtual.getVirtualItems()
  // The rest of a folder is read when one comes to its end.
  const end = drawn.map(({ index }) => lines[index]).find((line) => line?.kind === 'more')
  const rest = end?.kind === 'more' ? end.folder : null
  useEffect(() => {
    if (rest !== null) more(rest)
  }, [rest, more])
  return (
    <div
      className="tree"
      ref={box}
      role="tree"
      aria-label="Files of this archive"
      aria-multiselectable="true"
      tabIndex={0}
      aria-activedescendant={lines[active] && drawn.some(({ index }) => index === active) ? `tree-${active}` : undefined}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {drawn.map((item) => {
          const line = lines[item.index]
          if (!line) return null
          return (
            <div
              key={item.key}
              id={`tree-${item.index}`}
              role="treeitem"
              tabIndex={-1}
              aria-level={line.depth + 1}
              {...(line.kind === 'entry' && line.row.type === 'dir' ? { 'aria-expanded': line.isOpen } : {})}
              aria-selected={line.kind === 'entry' && props.chosen.has(line.row.path)}
              className={`tl ${item.index === active ? 'act' : ''} ${line.kind === 'entry' && line.row.path === props.shown ? 'on' : ''}`}
              style={{ transform: `translateY(${item.start}px)`, height: ROW_HEIGHT, paddingLeft: 8 + line.depth * 16 }}
              onClick={() => {
                setActive(item.index)
                act(line)
              }}
              onKeyDown={() => undefined}
            >
              {line.kind === 'entry' ? <EntryLine {...props} row={line.row} isOpen={line.isOpen} /> : <OtherLine line={line} />}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function OtherLine({ line }: { line: Exclude<TreeLine, { kind: 'entry' }> }) {
  if (line.kind === 'reading') return <span className="q">Reading…</span>
  if (line.kind === 'error') return <span className="bad ell">{line.message} Click to read again.</span>
  return <span className="link">Show more of this folder</span>
}

function EntryLine({ row, isOpen, chosen, onChoose }: Props & { row: FolderRow; isOpen: boolean }) {
  const Icon = row.type === 'dir' ? IconFolder : row.type === 'symlink' ? IconLink : IconFile
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  return (
    <>
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={`Select ${row.path}`}
        checked={chosen.has(row.path)}
        onChange={() => onChoose(row.path, row.sizeBytes)}
        onClick={(event) => event.stopPropagation()}
      />
      {row.type === 'dir' ? <Chevron {...ICON} size={14} /> : <span className="nochev" />}
      <Icon {...ICON} />
      <span className="ell nm" title={row.path}>
        {row.name}
      </span>
      {row.change ? (
        <span className={row.change === 'added' ? 'add letter' : 'chg letter'} title={`${row.change} since the archive before`}>
          {row.change === 'added' ? 'A' : 'M'}
        </span>
      ) : null}
      <span className="q sz" title={row.files === null ? undefined : plural(row.files, 'file')}>
        {formatBytes(row.sizeBytes)}
      </span>
    </>
  )
}
