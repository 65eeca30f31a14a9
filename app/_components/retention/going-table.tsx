'use client'
import { memo, useState } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import type { RetentionPlan } from '#lib/contracts/retention.ts'
import Link from '../link.tsx'
import { Ladder, SectionHead, WideTable } from '../parts.tsx'

const FIRST = 60
/** Rows that each click adds: a table of thousands would hold the page up. */
const MORE = 500

interface Props {
  plan: RetentionPlan
  selectedId: string | null
  /** Where the list as JSON is. */
  exportHref: string
}

/** What goes, why, and what of it is found nowhere else; below it what stays, with its reasons. */
export const GoingTable = memo(function GoingTable({ plan, selectedId, exportHref }: Props) {
  const [shows, setShows] = useState<'goes' | 'stays'>('goes')
  const [count, setCount] = useState(FIRST)
  const rows = plan.archives.filter(({ keep }) => keep === (shows === 'stays'))
  const lostOf = new Map(plan.lost?.byArchive.map((one) => [one.archiveId, one]))
  const selectedAt = rows.findIndex(({ archiveId }) => archiveId === selectedId)
  // The one that was chosen among the lanes is a row too, however old it is.
  const shown = rows.filter((_, at) => at < count || at === selectedAt)
  const w = `/w/${plan.workspaceId}/archives`
  return (
    <section aria-labelledby="rt-goes">
      <SectionHead
        id="rt-goes"
        title={`${plural(plan.forgetCount, 'archive')} ${plan.forgetCount === 1 ? 'moves' : 'move'} to trash`}
        aside={plan.reclaimBytes === null || plan.forgetCount === 0 ? undefined : formatBytes(plan.reclaimBytes)}
      >
        <span className="sp" />
        <fieldset className="rt-tabs">
          <legend className="vh">Which archives</legend>
          {(['goes', 'stays'] as const).map((one) => (
            <button
              key={one}
              type="button"
              className={`flt ${shows === one ? 'on' : ''}`}
              aria-pressed={shows === one}
              onClick={() => setShows(one)}
            >
              {one === 'goes' ? `Goes ${formatCount(plan.forgetCount)}` : `Stays ${formatCount(plan.keepCount)}`}
            </button>
          ))}
        </fieldset>
        <a className="link" href={exportHref} download={`retention-${plan.workspace}.json`}>
          Export list
        </a>
      </SectionHead>
      {rows.length === 0 ? <p className="empty">{emptyText(plan, shows)}</p> : null}
      {rows.length > 0 ? (
        <WideTable label={shows === 'goes' ? 'Archives that go' : 'Archives that stay'} className="rt-list">
          <thead>
            <tr>
              <th>Archive</th>
              <th>Grade</th>
              <th className="r">Size</th>
              <th>{shows === 'goes' ? 'Why it goes' : 'Why it stays'}</th>
              {shows === 'goes' ? <th>Found nowhere else</th> : null}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ archiveId, createdAt, grade, gradedAt, contentBytes, reasons, kind }) => (
              <tr key={archiveId} className={archiveId === selectedId ? 'on' : ''}>
                <td>
                  <Link className={shows === 'goes' ? 'x' : 'link'} href={`${w}?sel=${archiveId}`}>
                    {dayOf(createdAt, plan.plannedAt)}
                  </Link>{' '}
                  {formatClock(createdAt)} {kind === 'backup' ? null : <span className="tag">{kind}</span>}
                </td>
                <td>
                  <Ladder grade={grade} at={gradedAt} />
                </td>
                <td className="r">{formatBytes(contentBytes)}</td>
                <td className="wrapc">
                  {sentence(reasons[0]!)}
                  {reasons.length > 1 ? <span className="q">; {reasons.slice(1).join('; ')}</span> : null}
                </td>
                {shows === 'goes' ? <Lost lost={lostOf.get(archiveId)} isUnknown={plan.lost === null} /> : null}
              </tr>
            ))}
          </tbody>
        </WideTable>
      ) : null}
      {shown.length < rows.length ? (
        <button type="button" className="btn sm" onClick={() => setCount(count + MORE)}>
          Show {formatCount(Math.min(MORE, rows.length - shown.length))} more
        </button>
      ) : null}
      {shows === 'goes' ? <LostFiles plan={plan} /> : null}
    </section>
  )
})

function emptyText({ rests, archives }: RetentionPlan, shows: 'goes' | 'stays'): string {
  if (archives.length === 0) return 'No archives yet. What this policy would do shows here as soon as there are some.'
  if (shows === 'stays') return 'None.'
  return rests.length > 0 ? 'Nothing goes as long as retention rests.' : 'Every archive stays by this policy.'
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** `Mon 9 Nov`; the year only when it is not that of the plan. */
function dayOf(iso: string, plannedAt: string): string {
  const year = iso.slice(0, 4)
  return year === plannedAt.slice(0, 4) ? formatDay(iso) : `${formatDay(iso)} ${year}`
}

type LostOf = NonNullable<RetentionPlan['lost']>['byArchive'][number]

/** What of an archive is found nowhere else; on a phone only where there is something. */
function Lost({ lost, isUnknown }: { lost: LostOf | undefined; isUnknown: boolean }) {
  if (!lost) return <td className="wrapc q none">{isUnknown ? '-' : 'nothing'}</td>
  const names = lost.names.slice(0, 3).map(({ name, versions }) => `${plural(versions, 'version')} of ${name}`)
  return (
    <td className="wrapc" data-label="found nowhere else">
      {names.join(', ')}
      {lost.names.length > 3 ? ' and more' : ''}
    </td>
  )
}

function LostFiles({ plan: { lost } }: { plan: RetentionPlan }) {
  if (!lost || lost.versions === 0) return null
  return (
    <details className="rt-lost">
      <summary>
        {plural(lost.versions, 'version')} of files, {formatBytes(lost.bytes)}, would be in no archive that stays
        {lost.files > 0 ? `; ${plural(lost.files, 'file')} in no version at all` : ''}
      </summary>
      <ul>
        {lost.listed.map(({ path, archiveId, sizeBytes, isWholeFile }) => (
          <li key={`${path}${archiveId}${sizeBytes}`}>
            <span className="mono brk">{path}</span>
            <span className="q">
              {formatBytes(sizeBytes)}
              {isWholeFile ? ', the whole file' : ''}
            </span>
          </li>
        ))}
      </ul>
      {lost.versions > lost.listed.length ? (
        <p className="q">The first {lost.listed.length}; the export and the command line have the counts of all.</p>
      ) : null}
    </details>
  )
}
