'use client'
import {
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconLoader2,
  IconPlugConnectedX,
} from '@tabler/icons-react'
import { cancelJob } from '#app/actions.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import { middleCut } from '#lib/client/format.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import type { Job, JobOutcome, JobProgress } from '#lib/contracts/job.ts'
import { RIGHT_TO_CANCEL } from '#lib/contracts/rights.ts'
import Link from './link.tsx'
import { ErrorNote, ICON } from './parts.tsx'

const ENDED = {
  success: { tone: 'ok', word: 'Complete', Icon: IconCircleCheck },
  warning: { tone: 'warn', word: 'Complete with problems', Icon: IconAlertTriangle },
  failure: { tone: 'bad', word: 'Failed', Icon: IconCircleX },
  cancelled: { tone: 'q', word: 'Cancelled', Icon: IconBan },
  interrupted: { tone: 'bad', word: 'Interrupted', Icon: IconPlugConnectedX },
} as const

/** How a job ended, in the word that stands with it. */
export const outcomeWord = (outcome: JobOutcome): string => ENDED[outcome].word

/** Where a job is or how it ended: icon, colour and word. */
export function JobStatus({ job }: { job: Job }) {
  if (job.status === 'finished') {
    const { tone, word, Icon } = ENDED[job.outcome ?? 'interrupted']
    const count =
      job.outcome === 'warning' && job.findings.length > 0
        ? `Complete with ${job.findings.length} ${job.findings.length === 1 ? 'problem' : 'problems'}`
        : word
    return (
      <span className={`st ${tone}`}>
        <Icon {...ICON} />
        {count}
      </span>
    )
  }
  if (job.status === 'queued')
    return (
      <span className="st s">
        <IconCircleDashed {...ICON} />
        {job.waitsFor ? `Queued, waits for: ${job.waitsFor}` : 'Queued'}
      </span>
    )
  return (
    <span className="st acc">
      <IconLoader2 {...ICON} className="ic spin" />
      {job.status === 'cancelling' ? 'Stopping' : 'Running'}
    </span>
  )
}

const shareOf = (p: JobProgress): number | null => {
  if (p.bytesTotal !== null && p.bytesTotal > 0) return Math.min(1, p.bytesDone / p.bytesTotal)
  if (p.filesTotal !== null && p.filesTotal > 0) return Math.min(1, p.filesDone / p.filesTotal)
  return null
}

/** A bar with a length only when the total is known; a moving line otherwise. */
export function ProgressBar({ progress }: { progress: JobProgress | null }) {
  const share = progress ? shareOf(progress) : null
  return (
    <span
      className={`bar ${share === null ? 'unknown' : ''}`}
      role="progressbar"
      aria-label="Progress"
      {...(share === null ? {} : { 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.round(share * 100) })}
    >
      <i style={share === null ? undefined : { width: `${share * 100}%` }} />
    </span>
  )
}

/** Phase, files, bytes, speed, time left, current path, as far as they are known; always in this order. */
export function ProgressFigures({ progress }: { progress: JobProgress | null }) {
  if (progress === null) return null
  const { phase, filesDone, filesTotal, bytesDone, bytesTotal, bytesPerSecond, etaMs, currentPath } = progress
  // A phase that has nothing to count, such as a stop that is proven, tells no figures.
  const isCounting = filesDone > 0 || bytesDone > 0 || filesTotal !== null || bytesTotal !== null
  return (
    <>
      <span className="b">{phaseWords(phase)}</span>
      {isCounting ? (
        <>
          <span className="wide">{outOf(filesDone, filesTotal, formatCount)} files</span>
          <span>{outOf(bytesDone, bytesTotal, formatBytes)}</span>
        </>
      ) : null}
      {bytesPerSecond === null ? null : <span className="wide">{formatBytes(bytesPerSecond)}/s</span>}
      {etaMs === null ? null : <span className="wide">{formatDuration(etaMs)} left</span>}
      {currentPath === null ? null : (
        <span className="mono path ell wide" title={currentPath}>
          {middleCut(currentPath)}
        </span>
      )}
    </>
  )
}

/** `prove-stopped` as people say it; what stands before it names whose phase it is. */
const phaseWords = (phase: string): string => {
  const at = phase.lastIndexOf(': ') + 1
  const words = phase.slice(at).replaceAll('-', ' ')
  return at === 0 ? words.charAt(0).toUpperCase() + words.slice(1) : `${phase.slice(0, at)}${words}`
}

/** A total that nobody knows yet is not told. */
const outOf = (done: number, total: number | null, text: (value: number) => string) =>
  total === null ? text(done) : `${text(done)} of ${text(total)}`

/** Asks a job to stop. */
export function CancelJob({ job, small = false, label }: { job: Job; small?: boolean; label?: string }) {
  const may = useMay(RIGHT_TO_CANCEL[job.kind])
  const { send, busy, error } = useAction(cancelJob)
  if (job.status === 'finished') return null
  return (
    <>
      <button
        type="button"
        className={`btn ${small ? 'sm g' : ''}`}
        {...(label ? { 'aria-label': label } : {})}
        disabled={!may || busy || job.status === 'cancelling'}
        title={may ? 'Stops cleanly; nothing half done is listed.' : 'Your role may not cancel this'}
        onClick={() => void send({ jobId: job.id })}
      >
        {job.status === 'cancelling' ? 'Stopping…' : label ? 'Stop' : 'Cancel job'}
      </button>
      {error ? <ErrorNote error={error} /> : null}
    </>
  )
}

/** A job under way, in place; with `href`, its page, it is named as well: what stands on a page of its own need not be. */
export function JobProgressBlock({ job, href }: { job: Job; href?: string }) {
  return (
    <div className="jobrun">
      <div className="fx">
        {href ? (
          <Link className="b" href={href}>
            {job.title}
          </Link>
        ) : null}
        <JobStatus job={job} />
        <span className="sp" />
        <CancelJob job={job} small />
      </div>
      <ProgressBar progress={job.progress} />
      <div className="figs">
        <ProgressFigures progress={job.progress} />
      </div>
    </div>
  )
}
