'use client'
import { formatBytes } from '#lib/base/units.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import { Changes, Ladder } from '../parts.tsx'
import { ArchiveMark } from './archive-mark.tsx'

interface Props {
  rows: ArchiveSummary[]
  selected: string | null
  onSelect: (id: string) => void
}

/** Dense rows; the first cell is the button that opens the archive beside the list. */
export function ArchiveTable({ rows, selected, onSelect }: Props) {
  return (
    <div className="tw">
      <table className="at">
        <thead>
          <tr>
            <th>Captured</th>
            <th>Recoverability</th>
            <th>Mark</th>
            <th className="r">Since previous</th>
            <th className="r">Files</th>
            <th className="r">Size</th>
            <th className="r">New</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} className={row.id === selected ? 'on' : ''}>
              <td>
                <button type="button" className="rowb" aria-pressed={row.id === selected} onClick={() => onSelect(row.id)}>
                  <time dateTime={row.createdAt} title={row.createdAt}>
                    {formatDay(row.createdAt)} <span>{formatClock(row.createdAt)}</span>
                  </time>
                </button>
              </td>
              <td>
                <Ladder grade={row.grade} at={row.gradedAt} />
              </td>
              <td>
                <ArchiveMark archive={row} />
                {row.warnings > 0 ? <span className="warn"> {row.warnings} problems</span> : null}
              </td>
              <td className="r">
                <Changes counts={row.changes} />
              </td>
              <td className="r">{row.files.toLocaleString('en-US')}</td>
              <td className="r">{formatBytes(row.contentBytes)}</td>
              <td className="r s">{formatBytes(row.storedBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
