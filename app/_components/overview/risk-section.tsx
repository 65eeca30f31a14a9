'use client'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatMinutes } from '#lib/base/units.ts'
import { formatTime } from '#lib/client/format.ts'
import { useNow } from '#lib/client/now.ts'
import { useRead } from '#lib/client/queries.ts'
import type { Overview, Risk } from '#lib/contracts/overview.ts'
import Link from '../link.tsx'
import { Changes, ErrorNote, Findings, Reading, SectionHead, Time } from '../parts.tsx'

/** How long ago the newest archive was taken, and what changed on disk since. */
export function RiskSection({ view }: { view: Overview }) {
  const workspace = view.workspaceId as `ws_${string}`
  const hasArchive = view.newest !== null
  const { data, error, isFetching, refetch } = useRead('risk', { workspace }, { enabled: hasArchive, staleTime: 60_000 })
  const count = data && !error ? sumOf(data) : null
  return (
    <section className="rpo" aria-labelledby="risk">
      <SectionHead id="risk" title="Changes at risk" aside={isFetching ? 'Reading…' : undefined}>
        {hasArchive ? (
          <Link className="link" href={`/w/${view.workspaceId}/compare?a=${view.newest?.id}&b=live`}>
            Compare to live
          </Link>
        ) : null}
      </SectionHead>
      {view.newest ? <Exposure since={view.newest.createdAt} nextRunAt={view.nextRunAt} files={count} /> : null}
      {hasArchive ? null : <p className="q">Everything: there is no archive yet.</p>}
      {error ? <ErrorNote error={{ message: `Live workspace cannot be read. ${error.message}`, hint: '' }} /> : null}
      {isFetching && !data ? <Reading rows={4} /> : null}
      {data && !error ? (
        <>
          {data.written ? <WrittenWhen written={data.written} /> : null}
          <ItemTable risk={data} />
          <p className="q fx">
            <span>
              Files, counted <Time iso={data.readAt} />.
            </span>
            <button type="button" className="link" onClick={() => void refetch()}>
              Read again
            </button>
          </p>
          <Findings findings={data.problems} limit={5} />
        </>
      ) : null}
    </section>
  )
}

const sumOf = (risk: Risk) => risk.items.reduce((sum, item) => sum + item.added + item.changed + item.removed, 0)

/** The clock that runs until the next archive. */
function Exposure({ since, nextRunAt, files }: { since: string; nextRunAt: string | null; files: number | null }) {
  const now = useNow(60_000)
  const ageMs = now - Date.parse(since)
  const next = nextRunAt ? `Next archive in ${formatMinutes(Date.parse(nextRunAt) - now)}.` : 'Nothing scheduled.'
  return (
    <>
      <p className="big">
        {/* Numbers large, units small. */}
        {formatMinutes(ageMs)
          .split(' ')
          .map((part, i) => (i % 2 === 0 ? <span key={part}>{part}</span> : <small key={part}>{part}</small>))}
      </p>
      <p className="s">
        {files === null ? '' : `${files === 0 ? 'No file' : plural(files, 'file')} changed since the newest archive. `}
        {next}
      </p>
    </>
  )
}

/** Bars over the time since the newest archive: when what changed was written last. */
function WrittenWhen({ written: { from, to, files } }: { written: NonNullable<Risk['written']> }) {
  const now = useNow(60_000)
  const most = Math.max(...files)
  if (most === 0) return null
  const partMs = (Date.parse(to) - Date.parse(from)) / files.length
  const startOf = (part: number) => formatTime(new Date(Date.parse(from) + part * partMs).toISOString(), now)
  const label = `When changed files were written last, since ${startOf(0)}; most around ${startOf(files.indexOf(most))}: ${plural(most, 'file')}`
  return (
    <>
      <div className="hist" role="img" aria-label={label}>
        {files.map((count, part) => (
          <i
            key={startOf(part)}
            className={count === 0 ? 'z' : ''}
            style={{ height: `${(count / most) * 100}%` }}
            title={titleOf(startOf(part), count)}
          />
        ))}
      </div>
      <p className="hx" aria-hidden="true">
        <span>{startOf(0)}</span>
        <span className="b">now</span>
      </p>
    </>
  )
}

const titleOf = (start: string, count: number) => `From ${start}: ${plural(count, 'file')}`

function ItemTable({ risk }: { risk: Risk }) {
  return (
    <table>
      <thead>
        <tr>
          <th>Item</th>
          <th className="r">Files</th>
          <th className="r">To archive</th>
        </tr>
      </thead>
      <tbody>
        {risk.items.map((item) => (
          <tr key={item.key}>
            <td className="b">{item.label}</td>
            <td className="r">
              {item.added + item.changed + item.removed === 0 ? <span className="q">same</span> : <Changes counts={item} />}
            </td>
            <td className="r s">{formatBytes(item.changedBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
