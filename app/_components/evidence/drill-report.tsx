'use client'
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleX, IconPlugConnectedX, IconPrinter } from '@tabler/icons-react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import { useRead } from '#lib/client/queries.ts'
import type { DrillReport, DrillStep, DrillVerdict } from '#lib/contracts/drill.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, Findings, ICON, Ladder, Reading, SectionHead, Time, WideTable } from '../parts.tsx'

const VERDICTS: Record<DrillVerdict, { tone: string; word: string; Icon: typeof IconCircleX }> = {
  passed: { tone: 'ok', word: 'Passed: the archive was restored and holds.', Icon: IconCircleCheck },
  'archive-bad': { tone: 'bad', word: 'The archive is bad.', Icon: IconCircleX },
  'environment-broke': {
    tone: 'warn',
    word: 'The drill could not be carried out. This says nothing about the archive.',
    Icon: IconPlugConnectedX,
  },
}
const OUTCOMES: Record<DrillStep['outcome'], { tone: string; word: string; Icon: typeof IconCircleX }> = {
  passed: { tone: 'ok', word: 'Passed', Icon: IconCircleCheck },
  failed: { tone: 'bad', word: 'Failed', Icon: IconCircleX },
  broke: { tone: 'warn', word: 'Broke', Icon: IconAlertTriangle },
  skipped: { tone: 'q', word: 'Skipped', Icon: IconCircleDashed },
}
const SHORT: Record<DrillVerdict, string> = {
  passed: 'Passed',
  'archive-bad': 'Archive bad',
  'environment-broke': 'Could not be carried out',
}

/** How a drill ended: icon, colour and word. */
export function DrillWord({ verdict }: { verdict: DrillVerdict }) {
  const { tone, Icon } = VERDICTS[verdict]
  return (
    <span className={`st ${tone}`}>
      <Icon {...ICON} />
      {SHORT[verdict]}
    </span>
  )
}

/** The page of one drill, to read and to print. */
export function DrillPage({ jobId }: { jobId: `job_${string}` }) {
  const { data, error, refetch } = useRead('drillReport', { job: jobId })
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>Drill report</h1>
        <span className="sp" />
        <CommandPopover command={`orchive drill report ${jobId} --html drill.html`} />
        <PrintButton />
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {data ? <DrillFacts drill={data} /> : error ? null : <Reading rows={8} />}
    </div>
  )
}

/** Opens the browser's print dialog; the page's own styles make paper of it. */
export function PrintButton() {
  return (
    <button type="button" className="btn noprint" onClick={() => window.print()}>
      <IconPrinter {...ICON} />
      Print
    </button>
  )
}

/** What a drill did and found, step by step. */
export function DrillFacts({ drill }: { drill: DrillReport }) {
  const { tone, word, Icon } = VERDICTS[drill.verdict]
  return (
    <div className="stack">
      <p className={`note ${tone}`}>
        <Icon {...ICON} />
        <span className="b">{word}</span>
      </p>
      <dl className="kv">
        <dt>Archive</dt>
        <dd>
          <Link className="link mono brk" href={`/w/${drill.workspaceId}/archives?sel=${drill.archiveId}`}>
            {drill.archiveId}
          </Link>
          , <Time iso={drill.archiveAt} />
        </dd>
        <dt>Workspace</dt>
        <dd>{drill.workspace}</dd>
        <dt>Started</dt>
        <dd>
          <Time iso={drill.startedAt} />, took {formatDuration(drill.durationMs)}
        </dd>
        <dt>By</dt>
        <dd>
          {drill.actor} on {drill.host}
        </dd>
        <dt>Restored</dt>
        <dd>
          {plural(drill.restoredFiles, 'file')}, {formatBytes(drill.restoredBytes)}
        </dd>
        <dt>Grade</dt>
        <dd>{drill.grade === null ? 'unchanged' : <Ladder grade={drill.grade} />}</dd>
        <dt>Counts until</dt>
        <dd>{drill.expiresAt ? <Time iso={drill.expiresAt} /> : '-'}</dd>
        <dt>Command</dt>
        {drill.drillCommand === null ? <dd>none configured</dd> : <dd className="mono brk">{drill.drillCommand.join(' ')}</dd>}
      </dl>
      <WideTable label="Steps of the drill">
        <thead>
          <tr>
            <th>Step</th>
            <th>Outcome</th>
            <th>Seen</th>
            <th className="r">Took</th>
          </tr>
        </thead>
        <tbody>
          {drill.steps.map((step) => {
            const look = OUTCOMES[step.outcome]
            return (
              <tr key={step.key}>
                <td className="brk">{step.title}</td>
                <td>
                  <span className={`st ${look.tone}`}>
                    <look.Icon {...ICON} />
                    {look.word}
                  </span>
                </td>
                <td className="brk s">{step.evidence}</td>
                <td className="r">{formatDuration(step.durationMs)}</td>
              </tr>
            )
          })}
        </tbody>
      </WideTable>
      {drill.findings.length > 0 ? (
        <section aria-labelledby="drill-findings">
          <SectionHead id="drill-findings" title="Findings" aside={drill.findings.length} />
          <Findings findings={drill.findings} limit={200} />
        </section>
      ) : null}
    </div>
  )
}
