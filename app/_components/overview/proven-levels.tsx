'use client'
import { plural, pluralWord } from '#lib/base/plural.ts'
import { formatDuration } from '#lib/base/units.ts'
import type { Overview } from '#lib/contracts/overview.ts'
import Link from '../link.tsx'
import { LevelMark, SectionHead, Time, WideTable } from '../parts.tsx'

const MEANING: Record<number, string> = {
  5: 'Restored in a drill',
  4: 'Config paths resolve',
  3: 'JSON parses and passes its baseline',
  2: 'Required items present',
  1: 'Bytes match their checksums',
}

/** The newest archive that each grade can count on, and how many do. */
export function ProvenLevels({ view }: { view: Overview }) {
  const base = `/w/${view.workspaceId}`
  return (
    <section aria-labelledby="pf">
      <SectionHead id="pf" title="Recoverability" aside="newest archive proven at each grade">
        <Link className="link" href={`${base}/evidence`}>
          Evidence report
        </Link>
      </SectionHead>
      <WideTable label="Recoverability">
        <thead>
          <tr>
            <th>Grade</th>
            <th>Proven</th>
            <th>Archive</th>
            <th>Checked</th>
            <th className="r">Took</th>
            <th className="r">Valid until</th>
            <th className="r">Archives</th>
          </tr>
        </thead>
        <tbody>
          {view.proven.map(({ level, archives, newest }) => (
            <tr key={level}>
              <td>
                <LevelMark level={level} isProven={newest !== null} until={newest?.expiresAt ?? null} />
              </td>
              <td className={newest ? '' : 'q'}>{MEANING[level]}</td>
              <td>
                {newest ? (
                  <Link className="link" href={`${base}/archives?sel=${newest.id}`}>
                    <Time iso={newest.createdAt} />
                  </Link>
                ) : (
                  <span className="q">None</span>
                )}
              </td>
              <td data-label="checked">{newest ? <Time iso={newest.checkedAt} age /> : '-'}</td>
              <td className="r" data-label="took">
                {newest?.durationMs != null ? formatDuration(newest.durationMs) : '-'}
              </td>
              <td className="r" data-label="until">
                {newest?.expiresAt ? <Time iso={newest.expiresAt} /> : '-'}
              </td>
              <td className="r" data-label={pluralWord(archives, 'archive')}>
                {archives === 0 ? <span className="q">0</span> : archives}
                <span className="vh"> of {plural(view.archives, 'archive')}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </section>
  )
}
