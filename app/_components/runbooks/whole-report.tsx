'use client'
import { IconAlertTriangle, IconCheck, IconCircleDashed, IconCircleX, IconLoader2, IconMinus } from '@tabler/icons-react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import { useFeedJob } from '#lib/client/job-feed.tsx'
import type { BroughtBack, WholeHostResult } from '#lib/contracts/whole-host.ts'
import { ProgressBar, ProgressFigures } from '../job-parts.tsx'
import Link from '../link.tsx'
import { PathText, Words } from '../parts.tsx'
import { Step, StepList, type StepLook } from './step-list.tsx'

const LOOK: Record<BroughtBack['outcome'], StepLook> = {
  waiting: { Icon: IconCircleDashed, tone: 'q', word: 'Waits' },
  running: { Icon: IconLoader2, tone: 'acc', word: 'Coming back' },
  back: { Icon: IconCheck, tone: 'ok', word: 'Back' },
  failed: { Icon: IconCircleX, tone: 'bad', word: 'Failed' },
  cancelled: { Icon: IconAlertTriangle, tone: 'warn', word: 'Cancelled' },
  stopped: { Icon: IconMinus, tone: 'warn', word: 'Not begun' },
  here: { Icon: IconCheck, tone: 'q', word: 'Was here already' },
}

const NOT_STARTED: StepLook = { Icon: IconAlertTriangle, tone: 'bad', word: 'Back, but not started' }

/** What is under way or waits in a job that has ended did not come to its end, or was not begun. */
const ENDED: typeof LOOK = {
  ...LOOK,
  waiting: { Icon: IconMinus, tone: 'warn', word: 'Not begun' },
  running: { Icon: IconAlertTriangle, tone: 'bad', word: 'Cut off' },
}

/** What became of each workspace, while it goes on and at its end. */
export function WholeReport({ result: { workspaces }, isDone }: { result: WholeHostResult; isDone: boolean }) {
  return (
    <div className="stack">
      {isDone ? <Sum workspaces={workspaces} /> : null}
      <StepList>
        {workspaces.map((one) => (
          <Line key={one.workspaceId} one={one} isDone={isDone} />
        ))}
      </StepList>
    </div>
  )
}

/** Everything of it is there, and its orchestrator did not start or is not healthy: there is nothing to bring back, but something to see to. */
const isUnstarted = ({ outcome, areFilesBack }: BroughtBack): boolean => areFilesBack && outcome !== 'back' && outcome !== 'here'

function Sum({ workspaces }: { workspaces: readonly BroughtBack[] }) {
  const count = (is: (one: BroughtBack) => boolean) => workspaces.filter(is).length
  const back = workspaces.filter(({ outcome }) => outcome === 'back')
  const asked = count(({ outcome }) => outcome !== 'here')
  const unstarted = count(isUnstarted)
  const failed = count((one) => one.outcome === 'failed' && !isUnstarted(one))
  const cut = count((one) => (one.outcome === 'cancelled' || one.outcome === 'running') && !isUnstarted(one))
  const notBegun = count(({ outcome }) => outcome === 'waiting' || outcome === 'stopped')
  const rest = [
    ...(unstarted > 0 ? [`${unstarted} more, but not started`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(cut > 0 ? [`${cut} cut off`] : []),
    ...(notBegun > 0 ? [`${notBegun} not begun`] : []),
  ]
  const bytes = back.reduce((sum, { restoredBytes }) => sum + restoredBytes, 0)
  const byHand = back.filter(({ isStarted }) => !isStarted)
  return (
    <div className={`note ${back.length === asked ? 'ok' : failed + cut + unstarted > 0 ? 'bad' : 'warn'}`} role="status">
      <div>
        <p className="b">
          {back.length} of {plural(asked, 'workspace')} {back.length === 1 ? 'is' : 'are'} back
          {rest.length > 0 ? `; ${rest.join(', ')}` : ''}.
        </p>
        {back.length > 0 ? <p>{formatBytes(bytes)} were read back and are as they were archived.</p> : null}
        {byHand.length > 0 ? (
          <p>
            The host file does not say how to start{' '}
            {byHand.length === 1 ? `the orchestrator of ${byHand[0]!.workspace}` : `the orchestrators of ${byHand.length}`}: start{' '}
            {byHand.length === 1 ? 'it' : 'them'} yourself.
          </p>
        ) : null}
      </div>
    </div>
  )
}

function Line({ one, isDone }: { one: BroughtBack; isDone: boolean }) {
  const { workspaceId, workspace, root, outcome, jobId, error } = one
  const isRunning = outcome === 'running' && !isDone
  return (
    <Step
      look={isUnstarted(one) ? NOT_STARTED : (isDone ? ENDED : LOOK)[outcome]}
      title={workspace}
      isRunning={isRunning}
      facts={factsOf(one)}
      aside={
        jobId === null ? null : (
          <Link className="link" href={`/w/${workspaceId}/jobs/${jobId}`} aria-label={`Steps and log of ${workspace}`}>
            Steps and log
          </Link>
        )
      }
    >
      <PathText path={root} />
      {error === null ? null : (
        <p>
          <span className={outcome === 'failed' ? 'bad' : undefined}>{error.message}</span> <Words text={error.hint} />
        </p>
      )}
      {isRunning && jobId !== null ? <Own jobId={jobId} /> : null}
    </Step>
  )
}

function factsOf(one: BroughtBack): string {
  const { outcome, files, contentBytes, restoredFiles, restoredBytes, startedAt, finishedAt, isStarted, areFilesBack } = one
  const took = startedAt !== null && finishedAt !== null ? `, in ${formatDuration(Date.parse(finishedAt) - Date.parse(startedAt))}` : ''
  if (outcome === 'back')
    return `${plural(restoredFiles, 'file')}, ${formatBytes(restoredBytes)}${took}${isStarted ? ', its orchestrator is healthy' : ''}`
  if (outcome === 'failed' || outcome === 'cancelled') return areFilesBack ? '' : 'nothing of it is live'
  return files === 0 ? '' : `${plural(files, 'file')}, ${formatBytes(contentBytes)}`
}

/** How far the one is that is under way. */
function Own({ jobId }: { jobId: string }) {
  const job = useFeedJob(jobId)
  if (!job?.progress) return null
  return (
    <div className="stack own">
      <ProgressBar progress={job.progress} />
      <p className="figs">
        <ProgressFigures progress={job.progress} />
      </p>
    </div>
  )
}
