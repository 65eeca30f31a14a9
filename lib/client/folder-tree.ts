'use client'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { FolderRow } from '#lib/contracts/archive.ts'
import { callApi } from './api.ts'

interface Folder {
  rows: FolderRow[]
  nextCursor: string | null
  isReading: boolean
  error: string | null
}

/** A line of the tree as it is drawn. */
export type TreeLine =
  | { kind: 'entry'; key: string; depth: number; row: FolderRow; isOpen: boolean }
  | { kind: 'more'; key: string; depth: number; folder: string }
  | { kind: 'reading'; key: string; depth: number }
  | { kind: 'error'; key: string; depth: number; folder: string; message: string }

const PAGE_ROWS = 200

/** The folders of an archive, read a page at a time when they are opened. */
export function useFolderTree(archiveId: `arc_${string}`) {
  const [folders, setFolders] = useState<Record<string, Folder>>({})
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const asked = useRef(new Set<string>())
  const leaving = useRef(new AbortController())

  const read = useCallback(
    async (path: string, cursor: string | null = null) => {
      const ticket = `${path}\0${cursor ?? ''}`
      if (asked.current.has(ticket)) return
      asked.current.add(ticket)
      const { signal } = leaving.current
      const patch = (change: (old: Folder) => Folder) =>
        setFolders((all) => ({ ...all, [path]: change(all[path] ?? { rows: [], nextCursor: null, isReading: false, error: null }) }))
      patch((old) => ({ ...old, isReading: true, error: null }))
      try {
        const page = await callApi('listFolder', { archive: archiveId, path, limit: PAGE_ROWS, ...(cursor ? { cursor } : {}) }, signal)
        patch((old) => ({ rows: [...old.rows, ...page.rows], nextCursor: page.nextCursor, isReading: false, error: null }))
      } catch (error) {
        if (signal.aborted) return
        asked.current.delete(ticket)
        patch((old) => ({ ...old, isReading: false, error: error instanceof Error ? error.message : String(error) }))
      }
    },
    [archiveId],
  )

  useEffect(() => {
    const shown = new AbortController()
    leaving.current = shown
    asked.current.clear()
    setFolders({})
    setOpen(new Set())
    void read('')
    // Nobody waits for folders of an archive that is not shown any more.
    return () => shown.abort()
  }, [read])

  const toggle = useCallback(
    (path: string, force?: boolean) => {
      setOpen((old) => {
        const next = new Set(old)
        if (force ?? !old.has(path)) next.add(path)
        else next.delete(path)
        return next
      })
      void read(path)
    },
    [read],
  )
  const more = useCallback((path: string) => void read(path, folders[path]?.nextCursor ?? null), [read, folders])
  const lines = useMemo(() => linesOf(folders, open), [folders, open])
  return { lines, toggle, more, again: read }
}

function linesOf(folders: Record<string, Folder>, open: ReadonlySet<string>): TreeLine[] {
  const lines: TreeLine[] = []
  const add = (path: string, depth: number) => {
    const folder = folders[path]
    for (const row of folder?.rows ?? []) {
      const isOpen = row.type === 'dir' && open.has(row.path)
      lines.push({ kind: 'entry', key: row.path, depth, row, isOpen })
      if (isOpen) add(row.path, depth + 1)
    }
    if (folder?.error) lines.push({ kind: 'error', key: `${path}\0error`, depth, folder: path, message: folder.error })
    else if (folder?.isReading) lines.push({ kind: 'reading', key: `${path}\0reading`, depth })
    else if (folder?.nextCursor) lines.push({ kind: 'more', key: `${path}\0more`, depth, folder: path })
  }
  add('', 0)
  return lines
}
