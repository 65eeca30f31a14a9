'use client'
import { useState } from 'react'
import { startPrune } from '#app/actions.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { useFeedJob } from '#lib/client/job-feed.tsx'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { PruneReport } from '#lib/contracts/trash.ts'
import { Dialog } from '../dialog.tsx'
import { JobProgressBlock, JobStatus } from '../job-parts.tsx'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, Reading, SectionHead, Time } from '../parts.tsx'

/** What a prune would free, measured, and the prune itself; each repository of the home is a card. */
export function PruneCard({ workspaceId }: { workspaceId: string }) {
  const may = useMay('prune')
  const mayNow = useMay('settings')
  const [isNow, setNow] = useState(false)
  const [asking, setAsking] = useState(false)
  const [jobId, setJobId] = useState<`job_${string}` | null>(null)
  const input = isNow ? { graceDays: 0 } : {}
  const schedule = useRead('pruneSchedule', {}).data
  const plan = useRead('planPrune', input, { staleTime: 30_000, keep: true })
  const starting = useAction(startPrune)
  const job = useFeedJob(jobId)
  const isRunning = job !== null && job.status !== 'finished'
  const act = actOf(plan.data ?? [])
  const start = async () => {
    const started = await starting.send(input)
    setAsking(false)
    if (started) setJobId(started.jobId)
  }
  return (
    <section aria-labelledby="prune" className="stack">
      <SectionHead id="prune" title="Space" aside="Prune takes away what no archive needs any more">
        <span className="sp" />
        <CommandPopover command={`orchive prune${isNow ? ' --grace 0' : ''}`} />
      </SectionHead>
      {plan.error ? <ErrorNote error={plan.error} again={() => void plan.refetch()} /> : null}
      {plan.isPending ? (
        <>
          <p className="q">Looking at what every archive needs… With a long history that takes minutes.</p>
          <Reading rows={4} what="" />
        </>
      ) : null}
      {(plan.data ?? []).map((report) => (
        <Facts key={report.repositoryPath} report={report} />
      ))}
      {schedule ? (
        <p className="q">
          {schedule.schedule === null || schedule.nextRunAt === null ? (
            'Nothing is pruned by itself'
          ) : (
            <>
              By itself <Time iso={schedule.nextRunAt} />
            </>
          )}
          {schedule.restsBecause ? `, but it rests: ${schedule.restsBecause}` : ''} ·{' '}
          <Link className="link" href="/settings/schedules">
            Change
          </Link>
        </p>
      ) : null}
      <label className="fx" title={mayNow ? undefined : 'Needs an admin'}>
        <input type="checkbox" checked={isNow} disabled={!mayNow} onChange={(event) => setNow(event.target.checked)} />
        <span>Without days of grace: nothing in the trash can be taken back afterwards</span>
      </label>
      <div className="fx wrap">
        <button
          type="button"
          className={`btn ${isNow ? 'd' : act.isWorthwhile ? 'p' : ''}`}
          disabled={!may || starting.busy || isRunning || !plan.data || act.isNothing}
          title={may ? undefined : 'Your role may not prune'}
          onClick={() => (isNow ? setAsking(true) : void start())}
        >
          {isNow ? 'Prune now…' : act.label}
        </button>
        {job && !isRunning ? <JobStatus job={job} /> : null}
        {jobId ? (
          <a className="link" href={`/w/${workspaceId}/jobs/${jobId}`}>
            See the job and its log
          </a>
        ) : null}
      </div>
      {starting.error ? <ErrorNote error={starting.error} /> : null}
      {isRunning ? <JobProgressBlock job={job} /> : null}
      {job?.error ? <ErrorNote error={job.error} /> : null}
      <Dialog isOpen={asking} onClose={() => setAsking(false)} title="Take away for good">
        <div className="stack">
          <p>
            {plural(
              (plan.data ?? []).reduce((sum, { expired }) => sum + expired.length, 0),
              'archive',
            )}{' '}
            in the trash and all that only they need will be gone. Nobody can take them back.
          </p>
          <button type="button" className="btn d" disabled={starting.busy} data-autofocus onClick={() => void start()}>
            Take away for good
          </button>
        </div>
      </Dialog>
    </section>
  )
}

/** What a prune of all repositories does, in a button. */
function actOf(reports: readonly PruneReport[]): { label: string; isWorthwhile: boolean; isNothing: boolean } {
  const sum = (pick: 'reclaimedBytes' | 'deadPacks' | 'repackPacks') => reports.reduce((total, report) => total + report[pick], 0)
  const frees = sum('reclaimedBytes')
  if (frees > 0) return { label: `Prune, free ${formatBytes(frees)}`, isWorthwhile: true, isNothing: false }
  if (sum('deadPacks') > 0) return { label: 'Prune', isWorthwhile: true, isNothing: false }
  if (sum('repackPacks') > 0) return { label: `Write ${plural(sum('repackPacks'), 'pack')} again`, isWorthwhile: false, isNothing: false }
  return { label: 'Prune', isWorthwhile: false, isNothing: reports.length > 0 && reports.every(hasNothing) }
}

const hasNothing = ({ expired, deadPacks, repackPacks, unlinkPacks }: PruneReport): boolean =>
  expired.length + deadPacks + repackPacks + unlinkPacks === 0

function Facts({ report }: { report: PruneReport }) {
  const { expired, deadPacks, deadBytes, repackPacks, repackBytes, repackedBytes, reclaimedBytes, waitingBytes, graceDays } = report
  const isNothing = hasNothing(report)
  return (
    <dl className="kv tv-kv">
      <dt>Repository</dt>
      <dd className="mono brk">{report.repositoryPath}</dd>
      <dt>Needed</dt>
      <dd>
        {formatBytes(report.neededBytes)} of {formatBytes(report.packBytes)} in packs
      </dd>
      <dt>Would free</dt>
      <dd>
        <b>{formatBytes(reclaimedBytes)}</b>
        {isNothing ? <span className="q"> nothing to do</span> : null}
      </dd>
      {waitingBytes > 0 ? (
        <>
          <dt>Then waits</dt>
          <dd>
            {formatBytes(waitingBytes)} in the trash, freed by a prune after {plural(graceDays, 'day')}
          </dd>
        </>
      ) : null}
      {expired.length > 0 ? (
        <>
          <dt>Gone for good</dt>
          <dd>
            {plural(expired.length, 'archive')}
            {graceDays === 0 ? null : ` past ${plural(graceDays, 'day')} of grace`}
          </dd>
        </>
      ) : null}
      {deadPacks > 0 ? (
        <>
          <dt>Not needed</dt>
          <dd>
            {plural(deadPacks, 'pack')}, {formatBytes(deadBytes)}
          </dd>
        </>
      ) : null}
      {repackPacks > 0 ? (
        <>
          <dt>Written again</dt>
          <dd>
            {plural(repackPacks, 'pack')} that {repackPacks === 1 ? 'is' : 'are'} small or half empty, {formatBytes(repackBytes)} →{' '}
            {formatBytes(repackedBytes)}
          </dd>
        </>
      ) : null}
    </dl>
  )
}
