'use client'
import { Fragment } from 'react'
import { z } from 'zod'
import { plural } from '#lib/base/plural.ts'
import { formatCount } from '#lib/base/units.ts'
import { type HealReport, HealReportSchema } from '#lib/contracts/heal.ts'
import { Ladder, WideTable } from '../parts.tsx'

const SOURCES: Record<keyof HealReport['found'], string> = {
  damagedPacks: 'in what is whole of damaged packs',
  otherRepositories: 'in other repositories',
  entries: 'made again from their entries',
  liveFiles: 'in live files',
}

/** What was damaged, what of it was found again and where, and what stays lost. */
export function HealFacts({ result }: { result: unknown }) {
  const parsed = z.array(HealReportSchema).safeParse(result)
  if (!parsed.success) return <pre className="mono raw">{JSON.stringify(result, null, 2)}</pre>
  return parsed.data.map((report) => <Report key={report.repositoryPath} report={report} />)
}

function Report({ report }: { report: HealReport }) {
  const { damaged, lostFrames, stillLost, putRight, setAside, verified } = report
  const isSound = damaged.length === 0 && lostFrames === 0
  const isHealed = stillLost === 0 && report.unreadable.length === 0
  return (
    <div className="stack">
      <p className={`note ${isHealed ? 'ok' : 'warn'}`}>
        {isSound
          ? 'Nothing is damaged.'
          : isHealed
            ? 'Everything that was lost is there again.'
            : `${plural(stillLost, 'frame')} stay lost: no place that was looked at has them.`}
      </p>
      <dl className="kv">
        <dt>Repository</dt>
        <dd className="mono brk">{report.repositoryPath}</dd>
        <dt>Damaged</dt>
        <dd>{plural(damaged.length, 'object')}</dd>
        <dt>Lost</dt>
        <dd>{plural(lostFrames, 'frame')} that archives need</dd>
        {Object.entries(report.found).map(([source, count]) =>
          count === 0 ? null : (
            <Fragment key={source}>
              <dt>Found</dt>
              <dd>
                {formatCount(count)} {SOURCES[source as keyof HealReport['found']]}
              </dd>
            </Fragment>
          ),
        )}
        {putRight.length > 0 ? (
          <>
            <dt>Put right</dt>
            <dd className="mono brk">{putRight.join(', ')}</dd>
          </>
        ) : null}
        {setAside.length > 0 ? (
          <>
            <dt>Set aside</dt>
            <dd>
              <span className="mono brk">{setAside.join(', ')}</span>
              <br />
              <span className="q">in damaged/ of the repository: yours to look at, and to delete</span>
            </dd>
          </>
        ) : null}
      </dl>
      {report.affected.length > 0 ? <Affected report={report} /> : null}
      {verified ? (
        <p>
          Verified again: {formatCount(verified.archives.filter(({ grade }) => grade > 0).length)} of{' '}
          {plural(verified.archives.length, 'archive')} whole.
        </p>
      ) : null}
    </div>
  )
}

function Affected({ report: { affected, verified } }: { report: HealReport }) {
  const gradeOf = (id: string) => verified?.archives.find(({ archiveId }) => archiveId === id)?.grade ?? 0
  return (
    <WideTable label="Archives that lost something">
      <thead>
        <tr>
          <th>Archive</th>
          <th>Grade</th>
          <th className="r">Entries lost</th>
          <th>Among them</th>
        </tr>
      </thead>
      <tbody>
        {affected.map(({ archiveId, entries, paths }) => (
          <tr key={archiveId}>
            <td className="mono brk">{archiveId}</td>
            <td>
              <Ladder grade={gradeOf(archiveId)} />
            </td>
            <td className="r" data-label="entries lost">
              {formatCount(entries)}
            </td>
            <td className="mono brk s">{paths.join(', ')}</td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  )
}
