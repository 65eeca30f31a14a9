'use client'
import { useNow } from '#lib/client/now.ts'
import { rungLook } from '#lib/client/rung-look.ts'
import type { Evidence } from '#lib/contracts/evidence.ts'
import { ArchiveMark } from '../archives/archive-mark.tsx'
import Link from '../link.tsx'
import { Ladder, Time, WideTable } from '../parts.tsx'

const LEVELS = [
  [1, 'Bytes'],
  [2, 'Structure'],
  [3, 'Content'],
  [4, 'Config'],
  [5, 'Drill'],
] as const

/** Archives by how far each is proven: when each rung was last reached, and until when the grade counts. */
export function LadderTable({ evidence: { archives, workspaceId } }: { evidence: Evidence }) {
  const now = useNow(60_000)
  if (archives.length === 0) return <p className="empty">No archive yet. “Back up now” takes the first one.</p>
  return (
    <WideTable label="Archives and their proofs">
      <thead>
        <tr>
          <th>Captured</th>
          <th>Recoverability</th>
          {LEVELS.map(([level, name]) => (
            <th key={level}>
              L{level} {name}
            </th>
          ))}
          <th>Lapses</th>
          <th>Mark</th>
        </tr>
      </thead>
      <tbody>
        {archives.map((archive) => (
          <tr key={archive.id}>
            <td>
              <Link className="link" href={`/w/${workspaceId}/archives?sel=${archive.id}`}>
                <Time iso={archive.createdAt} />
              </Link>
            </td>
            <td>
              <Ladder grade={archive.grade} at={archive.gradedAt} until={archive.gradeExpiresAt} />
            </td>
            {LEVELS.map(([level]) => {
              const rung = archive.rungs.find((one) => one.level === level)
              const { state, word } = rungLook(level, archive.rungs, now)
              const tone = state === 'failed' || state === 'undone' ? 'bad' : state === 'ageing' || state === 'lapsed' ? 'warn' : ''
              return (
                <td key={level} className={tone} data-label={`L${level}`}>
                  {rung ? <Time iso={rung.checkedAt} /> : '-'}
                  {rung && tone !== '' ? ` ${word}` : ''}
                </td>
              )
            })}
            <td data-label="lapses">{archive.gradeExpiresAt ? <Time iso={archive.gradeExpiresAt} /> : '-'}</td>
            <td>
              <ArchiveMark archive={archive} />
            </td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  )
}
