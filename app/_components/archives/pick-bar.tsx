'use client'
import { IconGitCompare } from '@tabler/icons-react'
import { useRouter } from 'next/navigation'
import { plural } from '#lib/base/plural.ts'
import { formatTime } from '#lib/client/format.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import { CommandPopover, ICON } from '../parts.tsx'

interface Props {
  workspaceId: string
  /** Ids of the ticked rows, in the order of ticking. */
  picked: readonly string[]
  rows: readonly ArchiveSummary[]
  onClear: () => void
}

/** What can be done with the ticked archives: two are compared with each other, one with live. The older one is A. */
export function PickBar({ workspaceId, picked, rows, onClear }: Props) {
  const router = useRouter()
  const createdAt = (id: string) => rows.find((row) => row.id === id)?.createdAt ?? ''
  const [a, b = 'live', ...more] = [...picked].sort((x, y) => createdAt(x).localeCompare(createdAt(y)))
  const isTooMany = more.length > 0
  const names = picked.map((id) => (createdAt(id) === '' ? id : formatTime(createdAt(id)))).reverse()
  return (
    <section className="selbar picks" aria-label="Selected archives">
      <span className="b" role="status">
        {plural(picked.length, 'archive')} selected
      </span>
      <span className="q">{isTooMany ? 'A comparison takes two.' : names.join(' and ')}</span>
      <button type="button" className="btn g sm" onClick={onClear}>
        Clear selection
      </button>
      <span className="sp" />
      {isTooMany ? null : <CommandPopover command={`orchive diff ${a}${b === 'live' ? '' : ` ${b}`}`} />}
      <button
        type="button"
        className="btn p"
        disabled={isTooMany}
        title={isTooMany ? 'A comparison takes two: clear the others' : undefined}
        onClick={() => router.push(`/w/${workspaceId}/compare?a=${a}&b=${b}`)}
      >
        <IconGitCompare {...ICON} />
        {picked.length === 1 ? 'Compare with live' : 'Compare the two'}
      </button>
    </section>
  )
}
