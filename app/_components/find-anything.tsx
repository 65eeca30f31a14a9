'use client'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, type SpotlightActionGroupData, spotlight } from '@mantine/spotlight'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { formatClock, formatDay, formatTime } from '#lib/client/format.ts'
import { useFoundNames } from '#lib/client/found-names.ts'
import { useNow } from '#lib/client/now.ts'
import { useRead } from '#lib/client/queries.ts'

interface Props {
  workspaceId: `ws_${string}` | null
  entries: readonly { href: string; label: string }[]
  workspaces: readonly { id: string; name: string; root: string }[]
  /** How often it was asked for; each time it opens. */
  asked: number
}

const FOUND_FILES = 8
/** Shorter names match too much to be of use. */
const MIN_PATTERN = 3

/** One box for pages, workspaces, archives by date, and files by name over all archives. */
export default function FindAnything({ workspaceId, entries, workspaces, asked }: Props) {
  const router = useRouter()
  // biome-ignore lint/correctness/useExhaustiveDependencies: it opens each time that it is asked for
  useEffect(() => spotlight.open(), [asked])
  const now = useNow(60_000)
  const [query, setQuery] = useState('')
  const [pattern] = useDebouncedValue(query.trim(), 250)
  const isAsking = workspaceId !== null && pattern.length >= MIN_PATTERN
  const workspace = (workspaceId ?? 'ws_') as `ws_${string}`
  const archives = useRead('listArchives', { workspace, limit: 60 }, { enabled: workspaceId !== null && query !== '' })
  const files = useFoundNames('findInWorkspace', { workspace, pattern, limit: FOUND_FILES }, FOUND_FILES, { enabled: isAsking, keep: true })
  const go = (href: string) => () => router.push(href)
  const base = `/w/${workspaceId}`
  const groups: SpotlightActionGroupData[] = [
    {
      group: 'Pages',
      actions: [
        ...entries.map(({ href, label }) => ({ id: href, label, onClick: go(href) })),
        { id: 'add', label: 'Add workspace', onClick: go('/settings/workspaces/new') },
      ],
    },
    {
      group: 'Workspaces',
      actions: workspaces.map(({ id, name, root }) => ({ id, label: name, description: root, onClick: go(`/w/${id}`) })),
    },
    {
      group: 'Archives',
      actions: (query === '' ? [] : (archives.data?.rows ?? [])).map((row) => ({
        id: row.id,
        label: `${formatDay(row.createdAt, now)}, ${formatClock(row.createdAt)}`,
        description: `${plural(row.files, 'file')}, ${formatBytes(row.contentBytes)}, ${row.grade === null ? 'not verified' : `L${row.grade}`}`,
        keywords: [row.id, row.createdAt.slice(0, 10)],
        onClick: go(`${base}/archives?sel=${row.id}`),
      })),
    },
    {
      group: 'Files',
      actions: (isAsking ? files.rows.slice(0, FOUND_FILES) : []).map((row) => ({
        id: `file ${row.path} ${row.lastArchiveId}`,
        label: row.path,
        description: `${formatBytes(row.sizeBytes)}, last in ${formatTime(row.lastAt)}`,
        onClick: go(`${base}/archives/${row.lastArchiveId}/browse?path=${encodeURIComponent(row.path)}`),
      })),
    },
  ]
  return (
    <Spotlight
      actions={groups.filter(({ actions }) => actions.length > 0)}
      query={query}
      onQueryChange={setQuery}
      filter={(typed, all) => keepMatching(typed, all as SpotlightActionGroupData[])}
      shortcut={null}
      limit={24}
      scrollable
      maxHeight={420}
      nothingFound={files.isLooking ? 'Reading…' : 'Nothing of this name.'}
      overlayProps={{ blur: 0 }}
      searchProps={{ placeholder: 'Find a page, an archive or a file', 'aria-label': 'Find a page, an archive or a file' }}
    />
  )
}

/** Files were matched where they are kept; the rest by the words of its label. */
function keepMatching(typed: string, groups: SpotlightActionGroupData[]): SpotlightActionGroupData[] {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return groups
    .map(({ group, actions }) => ({
      group,
      actions:
        group === 'Files'
          ? actions
          : actions.filter(({ label, description, keywords }) => {
              const text = [label, description, keywords].flat().join(' ').toLowerCase()
              return words.every((word) => text.includes(word))
            }),
    }))
    .filter(({ actions }) => actions.length > 0)
}
