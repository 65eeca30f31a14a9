'use client'
import { useState } from 'react'
import { startHeal } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { useFeedJob } from '#lib/client/job-feed.tsx'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import { JobProgressBlock, JobStatus } from '../job-parts.tsx'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, SectionHead } from '../parts.tsx'

/** Finding damaged or missing bytes again; who may change settings can name a copy on this host to take them from. */
export function HealCard({ workspaceId }: { workspaceId: string }) {
  const may = useMay('restore')
  const mayName = useMay('settings')
  const [from, setFrom] = useState('')
  const [jobId, setJobId] = useState<`job_${string}` | null>(null)
  const starting = useAction(startHeal)
  const job = useFeedJob(jobId)
  const isRunning = job !== null && job.status !== 'finished'
  const folder = from.trim()
  const start = async () => {
    const started = await starting.send(folder === '' ? {} : { from: folder })
    if (started) setJobId(started.jobId)
  }
  return (
    <section aria-labelledby="ev-heal" className="stack noprint">
      <SectionHead id="ev-heal" title="Healing">
        <span className="sp" />
        <CommandPopover command={commandText(['orchive', 'repository', 'heal', ...(folder === '' ? [] : ['--from', folder])])} />
      </SectionHead>
      <p className="q">
        Looks at every byte of the repository. What is damaged or missing is found again in what is still whole, in other repositories and
        in live files; damaged packs are set aside, and everything is verified again.
      </p>
      <div className="fx wrap">
        {mayName ? (
          <input
            className="inp mono ev-from"
            aria-label="Folder of a copy of the repository, if there is one"
            placeholder="/mnt/copy/repository (optional)"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        ) : null}
        <button
          type="button"
          className="btn"
          disabled={!may || starting.busy || isRunning}
          title={may ? undefined : 'Your role may not heal the repository'}
          onClick={() => void start()}
        >
          Heal
        </button>
        {job && !isRunning ? <JobStatus job={job} /> : null}
        {jobId ? (
          <Link className="link" href={`/w/${workspaceId}/jobs/${jobId}`}>
            See the job and what it found
          </Link>
        ) : null}
      </div>
      {starting.error ? <ErrorNote error={starting.error} /> : null}
      {isRunning ? <JobProgressBlock job={job} /> : null}
      {job?.error ? <ErrorNote error={job.error} /> : null}
    </section>
  )
}
