'use client'
import { memo } from 'react'
import { plural, pluralWord } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { useNow } from '#lib/client/now.ts'
import { useStable } from '#lib/client/use-stable.ts'
import type { ListedArchive } from '#lib/contracts/archive.ts'
import { Changes, Ladder } from '../parts.tsx'
import { ArchiveMark } from './archive-mark.tsx'

interface Props {
  rows: ListedArchive[]
  selected: string | null
  onSelect: (id: string) => void
  /** Ids of the ticked rows. */
  picked: readonly string[]
  onPick: (id: string) => void
}

/** Dense rows; the first cell has the tick, and the button that opens the archive beside the list. */
export function ArchiveTable({ rows, selected, onSelect, picked, onPick }: Props) {
  const now = useNow(60_000)
  // Where nobody keeps copies, nobody asks for them.
  const hasReplicas = rows.some(({ copies }) => copies !== null)
  const [select, pick] = [useStable(onSelect), useStable(onPick)]
  return (
    <div className="tw">
      <table className="at fold">
        <thead>
          <tr>
            <th>Captured</th>
            <th>Recoverability</th>
            <th>Mark</th>
            {hasReplicas ? <th>Copies</th> : null}
            <th className="r">Since previous</th>
            <th className="r">Files</th>
            <th className="r">Size</th>
            <th className="r">New</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              now={now}
              hasReplicas={hasReplicas}
              isSelected={row.id === selected}
              isPicked={picked.includes(row.id)}
              onSelect={select}
              onPick={pick}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Of the button that opens an archive. */
export const rowId = (archiveId: string) => `row-${archiveId}`

interface RowProps extends Pick<Props, 'onSelect' | 'onPick'> {
  row: ListedArchive
  now: number
  hasReplicas: boolean
  isSelected: boolean
  isPicked: boolean
}

/** Drawn anew only when something of it changed: of hundreds of rows, a key that moves the selection changes two. */
const Row = memo(function Row({ row, now, hasReplicas, isSelected, isPicked, onSelect, onPick }: RowProps) {
  return (
    <tr className={isSelected ? 'on' : ''}>
      <td className="pk">
        <label>
          <input
            type="checkbox"
            aria-label={`Select ${formatDay(row.createdAt, now)} ${formatClock(row.createdAt)}`}
            checked={isPicked}
            onChange={() => onPick(row.id)}
          />
        </label>
        <button type="button" id={rowId(row.id)} className="rowb" aria-pressed={isSelected} onClick={() => onSelect(row.id)}>
          <time dateTime={row.createdAt} title={row.createdAt}>
            {formatDay(row.createdAt, now)} <span>{formatClock(row.createdAt)}</span>
          </time>
        </button>
      </td>
      <td>
        <Ladder grade={row.grade} at={row.gradedAt} until={row.gradeExpiresAt} />
      </td>
      <td>
        <span className="marks">
          <ArchiveMark archive={row} />
          {row.warnings > 0 ? <span className="st warn">{plural(row.warnings, 'problem')}</span> : null}
        </span>
      </td>
      {hasReplicas ? (
        <td data-label="copies">
          <Copies of={row.copies} />
        </td>
      ) : null}
      <td className="r">
        <Changes counts={row.changes} />
      </td>
      <td className="r" data-label={pluralWord(row.files, 'file')}>
        {formatCount(row.files)}
      </td>
      <td className="r hd">{formatBytes(row.contentBytes)}</td>
      <td className="r s" data-label="new">
        {formatBytes(row.storedBytes)}
      </td>
    </tr>
  )
})

function Copies({ of: copies }: { of: ListedArchive['copies'] }) {
  if (copies === null) return null
  return (
    <span className={copies.whole < copies.of ? 'warn' : ''} title="Whole copies, with the one on this host">
      {copies.whole} of {copies.of}
    </span>
  )
}
