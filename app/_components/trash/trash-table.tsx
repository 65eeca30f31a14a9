'use client'
import { useQueryClient } from '@tanstack/react-query'
import { unforgetArchive } from '#app/actions.ts'
import { pluralWord } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { useMay } from '#lib/client/person.tsx'
import { LIVE_READS } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { Trashed } from '#lib/contracts/trash.ts'
import { ErrorNote, Time, WideTable } from '../parts.tsx'

/** What lies in the trash, each with who put it there, why, and the button that takes it back. */
export function TrashTable({ rows }: { rows: readonly Trashed[] }) {
  const may = useMay('forget')
  const client = useQueryClient()
  const taking = useAction(unforgetArchive)
  const takeBack = async (archiveId: Trashed['id']) => {
    await taking.send({ archiveId })
    await client.invalidateQueries({ predicate: ({ queryKey }) => (LIVE_READS as readonly unknown[]).includes(queryKey[0]) })
  }
  return (
    <>
      {taking.error ? <ErrorNote error={taking.error} /> : null}
      <WideTable label="Forgotten archives" className="tv-t">
        <thead>
          <tr>
            <th>Captured</th>
            <th>Forgotten</th>
            <th>Why</th>
            <th className="r">Files</th>
            <th className="r">Size</th>
            <th>Kept until</th>
            <th>
              <span className="vh">Take back</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <time className="b" dateTime={row.createdAt} title={row.id}>
                  {formatDay(row.createdAt)} {formatClock(row.createdAt)}
                </time>
              </td>
              <td data-label="forgotten">
                <Time iso={row.forgottenAt} />
              </td>
              <td className="tv-why">
                {row.forgottenBy}: {row.reason}
              </td>
              <td className="r" data-label={pluralWord(row.files, 'file')}>
                {formatCount(row.files)}
              </td>
              <td className="r">{formatBytes(row.contentBytes)}</td>
              <td data-label="kept until">
                {row.keptBy === null ? <Time iso={row.goneAfter} /> : <span className="hold">{row.keptBy}</span>}
              </td>
              <td className="r">
                <button
                  type="button"
                  className="btn sm"
                  disabled={!may || taking.busy}
                  title={may ? 'Lists it again' : 'Your role may not take archives back'}
                  aria-label={`Take back the archive of ${formatDay(row.createdAt)} ${formatClock(row.createdAt)}`}
                  onClick={() => void takeBack(row.id)}
                >
                  Take back
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </>
  )
}
