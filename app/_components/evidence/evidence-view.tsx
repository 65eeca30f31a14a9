'use client'
import { IconDownload, IconFileText } from '@tabler/icons-react'
import { commandText } from '#lib/base/command-text.ts'
import { formatMoment } from '#lib/base/moment-text.ts'
import { plural, pluralWord } from '#lib/base/plural.ts'
import { formatDuration } from '#lib/base/units.ts'
import { formatDay } from '#lib/client/format.ts'
import { useNow } from '#lib/client/now.ts'
import { useRead } from '#lib/client/queries.ts'
import type { Evidence } from '#lib/contracts/evidence.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, Findings, ICON, Reading, SectionHead, Time, WideTable } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { DrillWord, PrintButton } from './drill-report.tsx'
import { HealCard } from './heal-card.tsx'
import { LadderTable } from './ladder-table.tsx'
import { ThreeTwoOne } from './three-two-one.tsx'
import './evidence.css'

/** A dated page that shows to somebody whether a workspace is recoverable, and what is missing. */
export function EvidenceView({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { params, set } = useUrlState()
  const cursor = params.get('cursor')
  const { data, error, refetch } = useRead('evidence', { workspace: workspaceId, ...(cursor ? { cursor } : {}) }, { keep: true })
  return (
    <div className="page ev">
      <div className="phead">
        <h1>Evidence</h1>
        {data ? (
          <span className="q">
            {data.workspace}, as of <time dateTime={data.generatedAt}>{formatMoment(Date.parse(data.generatedAt), 0)}</time> UTC
          </span>
        ) : null}
        <span className="sp" />
        <CommandPopover command={commandText(['orchive', 'evidence', data?.workspace ?? workspaceId, '--json'])} />
        <a className="btn noprint" href={`/api/v1/workspaces/${workspaceId}/evidence?limit=200`} download={`evidence-${workspaceId}.json`}>
          <IconDownload {...ICON} />
          Export JSON
        </a>
        <Link className="btn noprint" href={`/w/${workspaceId}/evidence/recovery-sheet`}>
          <IconFileText {...ICON} />
          Recovery sheet
        </Link>
        <PrintButton />
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {data ? <Proofs evidence={data} onPage={(next) => set({ cursor: next })} isFirst={!cursor} /> : error ? null : <Reading rows={8} />}
    </div>
  )
}

function Proofs({ evidence, isFirst, onPage }: { evidence: Evidence; isFirst: boolean; onPage: (cursor: string | null) => void }) {
  return (
    <>
      <p className={`verdict ${evidence.isRecoverable ? '' : 'bad'}`}>{evidence.verdict}</p>
      <Gaps gaps={evidence.gaps} />
      <ThreeTwoOne workspaceId={evidence.workspaceId} />
      <Unrestorable days={evidence.unrestorable} />
      <section aria-labelledby="ev-archives">
        <SectionHead id="ev-archives" title="Archives" aside={plural(evidence.archivesTotal, 'archive')} />
        <LadderTable evidence={evidence} />
        <div className="fx wrap noprint">
          {isFirst ? null : (
            <button type="button" className="btn sm" onClick={() => onPage(null)}>
              Newest archives
            </button>
          )}
          {evidence.nextCursor ? (
            <button type="button" className="btn sm" onClick={() => onPage(evidence.nextCursor)}>
              Older archives
            </button>
          ) : null}
        </div>
      </section>
      <Drills evidence={evidence} />
      <Exceptions evidence={evidence} />
      <HealCard workspaceId={evidence.workspaceId} />
      {evidence.findings.length > 0 ? (
        <section aria-labelledby="ev-notes">
          <SectionHead id="ev-notes" title="Notes from the newest capture" />
          <Findings findings={evidence.findings} limit={200} />
        </section>
      ) : null}
    </>
  )
}

function Gaps({ gaps }: { gaps: Evidence['gaps'] }) {
  return (
    <section aria-labelledby="ev-gaps">
      <SectionHead id="ev-gaps" title="Gaps" aside={gaps.length || undefined} />
      {gaps.length === 0 ? <p className="empty">None: each archive is in its place and proven.</p> : null}
      <Findings findings={gaps.map(({ code, message }) => ({ severity: 'warning' as const, code, path: null, message }))} />
    </section>
  )
}

function Unrestorable({ days }: { days: Evidence['unrestorable'] }) {
  const now = useNow(60_000)
  if (days.length === 0) return null
  return (
    <section aria-labelledby="ev-days">
      <SectionHead
        id="ev-days"
        title="Days that cannot be restored"
        aside={plural(
          days.reduce((sum, run) => sum + run.days, 0),
          'day',
        )}
      />
      <WideTable label="Days that cannot be restored">
        <thead>
          <tr>
            <th>From</th>
            <th>To</th>
            <th className="r">Days</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((run) => (
            <tr key={run.from}>
              <td>{formatDay(run.from, now)}</td>
              <td>{formatDay(run.to, now)}</td>
              <td className="r" data-label={pluralWord(run.days, 'day')}>
                {run.days}
              </td>
              <td className="s">
                {run.archives === 0
                  ? 'No archive was taken.'
                  : `${plural(run.archives, 'archive')} of these days without ${run.lacks.join(', ')}.`}
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </section>
  )
}

function Drills({ evidence: { drills, schedule, workspaceId } }: { evidence: Evidence }) {
  return (
    <section aria-labelledby="ev-drills">
      <SectionHead
        id="ev-drills"
        title="Drills"
        aside={
          schedule.nextDrillAt ? (
            <>
              next <Time iso={schedule.nextDrillAt} />
            </>
          ) : (
            'none scheduled'
          )
        }
      />
      {drills.length === 0 ? <p className="empty">No drill has been run yet. Start one from the panel of an archive.</p> : null}
      {drills.length > 0 ? (
        <WideTable label="Drills">
          <thead>
            <tr>
              <th>Drill</th>
              <th>Verdict</th>
              <th>Archive of</th>
              <th>Counts until</th>
              <th className="r">Took</th>
            </tr>
          </thead>
          <tbody>
            {drills.map((drill) => (
              <tr key={drill.jobId}>
                <td>
                  <Link className="link" href={`/w/${workspaceId}/evidence/drills/${drill.jobId}`}>
                    <Time iso={drill.startedAt} />
                  </Link>
                </td>
                <td>
                  <DrillWord verdict={drill.verdict} />
                </td>
                <td>
                  <Time iso={drill.archiveAt} />
                </td>
                <td data-label="until">{drill.expiresAt ? <Time iso={drill.expiresAt} /> : '-'}</td>
                <td className="r">{formatDuration(drill.durationMs)}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      ) : null}
    </section>
  )
}

function Exceptions({ evidence: { exceptions, workspaceId } }: { evidence: Evidence }) {
  return (
    <section aria-labelledby="ev-exceptions">
      <SectionHead id="ev-exceptions" title="Exceptions" aside={exceptions.length || undefined} />
      {exceptions.length === 0 ? <p className="empty">None. Nobody has accepted a suspect archive.</p> : null}
      <ul className="findings">
        {exceptions.map(({ archiveId, createdAt, at, actor, reason }) => (
          <li key={`${archiveId}${at}`} className="one">
            <span>
              <Link className="link" href={`/w/${workspaceId}/archives?sel=${archiveId}`}>
                <Time iso={createdAt} />
              </Link>{' '}
              was accepted by {actor} on <Time iso={at} />: {reason}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
