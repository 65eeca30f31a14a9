'use client'
import { IconRestore } from '@tabler/icons-react'
import { useRouter } from 'next/navigation'
import { commandText } from '#lib/base/command-text.ts'
import { plural } from '#lib/base/plural.ts'
import { formatMinutes } from '#lib/base/units.ts'
import { formatTime } from '#lib/client/format.ts'
import { useOpenJobs } from '#lib/client/job-feed.tsx'
import { useNow } from '#lib/client/now.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { Overview, Risk } from '#lib/contracts/overview.ts'
import { BackupButton } from '../backup-button.tsx'
import { JobProgressBlock } from '../job-parts.tsx'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, ICON, Ladder, Reading, Time } from '../parts.tsx'
import { ArchiveSection } from './archive-section.tsx'
import { NeedsYou } from './needs-you.tsx'
import { RecentJobs, StorageSection } from './overview-rail.tsx'
import { ProvenLevels } from './proven-levels.tsx'
import { RecoveryTime } from './recovery-time.tsx'
import { RiskSection } from './risk-section.tsx'
import './overview.css'

/** The first page: the verdict, what needs a person, and what would be lost. */
export function OverviewView({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { data, error, refetch } = useRead('overview', { workspace: workspaceId }, { refetchInterval: 60_000 })
  const open = useOpenJobs(workspaceId)
  const risk = useRead('risk', { workspace: workspaceId }, { enabled: (data?.archives ?? 0) > 0, staleTime: 60_000 })
  if (error && !data)
    return (
      <div className="page">
        <h1>Overview</h1>
        <ErrorNote error={error} again={() => void refetch()} />
      </div>
    )
  if (!data)
    return (
      <div className="page">
        <h1>Reading…</h1>
        <Reading rows={6} />
      </div>
    )
  return (
    <div className="split">
      <div className="l">
        <Verdict view={data} />
        {error ? (
          <ErrorNote error={{ message: `Last read ${formatTime(data.now)}. ${error.message}`, hint: '' }} again={() => void refetch()} />
        ) : null}
        {open.map((job) => (
          <JobProgressBlock key={job.id} job={job} href={`/w/${data.workspaceId}/jobs/${job.id}`} />
        ))}
        {data.archives === 0 ? <FirstSteps /> : <NeedsYou needs={withState(data, risk.data)} />}
        {data.archives === 0 ? null : (
          <>
            <ProvenLevels view={data} />
            <ArchiveSection view={data} />
          </>
        )}
      </div>
      <div className="rail">
        <RiskSection view={data} />
        {data.archives === 0 ? null : <RecoveryTime view={data} />}
        <StorageSection storage={data.storage} nextRunAt={data.nextRunAt} overdueSince={data.overdueSince} />
        <RecentJobs workspaceId={workspaceId} jobs={data.recentJobs} />
      </div>
    </div>
  )
}

/** The watch tells of a damaged state and since when; a look taken since knows better whether it still is. */
function withState({ needs, live, workspaceId }: Overview, risk: Risk | undefined): Overview['needs'] {
  const state = risk?.state
  const watched = needs.find(({ code }) => code === 'state')
  if (!state || live.some(({ seenAt }) => seenAt > risk.readAt)) return needs
  if (state.verdict === 'fine') return needs.filter((need) => need !== watched)
  if (watched) return needs
  const title = state.verdict === 'doubtful' ? 'The live state looks reset or cut down' : `The live state is ${state.verdict}`
  const detail = state.findings.map(({ message }) => message).join(' ')
  const need = {
    code: 'state',
    severity: 'bad',
    title,
    detail,
    action: 'Open the runbook',
    href: `/w/${workspaceId}/runbooks/state`,
  } as const
  return [need, ...needs].slice(0, 5)
}

function verdictOf(view: Overview, nowMs: number): [string, string] {
  const { newest, lastGood } = view
  const lost = (iso: string) => `${formatMinutes(nowMs - Date.parse(iso)).replaceAll(' ', '\u00a0')} of changes would be lost.`
  if (!newest) return ['Nothing here can be restored yet.', 'Take the first backup.']
  if (lastGood) {
    const first = `You can restore to ${formatTime(lastGood.createdAt, nowMs)}.`
    if (lastGood.id === newest.id) return [first, lost(lastGood.createdAt)]
    if (newest.suspect) return [`The newest archive is suspect. ${first}`, lost(lastGood.createdAt)]
    const only = newest.grade === 0 ? 'failed verification' : newest.grade === null ? null : `reached only L${newest.grade}`
    return [only === null ? first : `The newest archive ${only}. ${first}`, lost(lastGood.createdAt)]
  }
  if (newest.suspect) return ['The newest archive is suspect.', 'No archive is proven to be restorable.']
  return [
    `The newest archive is of ${formatTime(newest.createdAt, nowMs)} and not proven yet.`,
    'Verify it to know that it can be restored.',
  ]
}

function Verdict({ view }: { view: Overview }) {
  const router = useRouter()
  const now = useNow(60_000)
  const may = useMay('restore')
  const [first, second] = verdictOf(view, now)
  const shown = view.lastGood ?? view.newest
  const base = `/w/${view.workspaceId}`
  const covered = shown?.items.filter((item) => item.kind === 'file' || item.kind === 'folder').length ?? 0
  return (
    <section className="hero" aria-labelledby="h1">
      <h1 id="h1">
        {first} <span>{second}</span>
      </h1>
      {shown ? (
        <div className="pr">
          <Ladder grade={shown.grade} at={shown.gradedAt} until={shown.gradeExpiresAt} big />
          <span className="sepd" />
          <span>
            Archive{' '}
            <Link className="link" href={`${base}/archives?sel=${shown.id}`}>
              <Time iso={shown.createdAt} />
            </Link>
            , {covered} of {plural(shown.items.length, 'item')}, {plural(shown.files, 'file')}
          </span>
          {shown.grade && shown.gradedAt ? (
            <>
              <span className="sepd" />
              <span>
                Proven <Time iso={shown.gradedAt} />
                {shown.gradeExpiresAt ? (
                  <>
                    , lapses <Time iso={shown.gradeExpiresAt} />
                  </>
                ) : null}
              </span>
            </>
          ) : null}
        </div>
      ) : null}
      {view.overdueSince ? (
        <p className="warn over">Overdue by {formatMinutes(now - Date.parse(view.overdueSince))}: the scheduled backup did not run.</p>
      ) : null}
      <div className="act">
        <BackupButton workspaceId={view.workspaceId as `ws_${string}`} large />
        <button
          type="button"
          className="btn lg"
          disabled={!shown || !may}
          title={may ? undefined : 'Your role may not restore'}
          onClick={() => router.push(`${base}/restore${shown ? `?archive=${shown.id}` : ''}`)}
        >
          <IconRestore {...ICON} />
          Plan restore
        </button>
        <CommandPopover command={commandText(['orchive', 'backup', view.name])} />
      </div>
    </section>
  )
}

function FirstSteps() {
  const steps = [
    ['Workspace registered', 'Its config says which items belong to it.'],
    ['Take the first backup', 'Press “Back up now”. The orchestrator keeps running meanwhile.'],
    ['Prove it', 'Verify the archive: every byte is read back and the items are checked.'],
    ['Try a restore', 'Restore it to another folder once, before you need it.'],
  ]
  return (
    <section aria-labelledby="first">
      <div className="sec">
        <h2 id="first">Four steps until this workspace is recoverable</h2>
      </div>
      <ol className="steps">
        {steps.map(([title, text], i) => (
          <li key={title}>
            <span className={`dot ${i === 0 ? 'done' : i === 1 ? 'now' : ''}`} aria-hidden="true">
              {i === 0 ? '✓' : i + 1}
            </span>
            <span>
              <span className="b">{title}</span>
              <span className="q"> {text}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
