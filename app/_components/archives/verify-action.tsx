'use client'
import { useState } from 'react'
import { startVerify } from '#app/actions.ts'
import { useFeedJob } from '#lib/client/job-feed.tsx'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import type { VerifyLevel } from '#lib/contracts/archive.ts'
import { JobStatus } from '../job-parts.tsx'
import { ErrorNote } from '../parts.tsx'

const LEVELS: { value: VerifyLevel; label: string }[] = [
  { value: 'drill', label: 'to L5, drill' },
  { value: 'config', label: 'to L4, config' },
  { value: 'content', label: 'to L3, content' },
  { value: 'structure', label: 'to L2, structure' },
  { value: 'bytes', label: 'to L1, bytes' },
]

/** Reads an archive back, up to a rung. */
export function VerifyAction({ archiveId }: { archiveId: `arc_${string}` }) {
  const may = useMay('verify')
  const [level, setLevel] = useState<VerifyLevel>('content')
  const [jobId, setJobId] = useState<string | null>(null)
  const job = useFeedJob(jobId)
  const { send, busy, error } = useAction(startVerify)
  const isRunning = job !== null && job.status !== 'finished'
  const start = async () => setJobId((await send({ archiveId, level }))?.jobId ?? null)
  return (
    <span className="verify">
      {job ? <JobStatus job={job} /> : null}
      <select className="inp sm" aria-label="Verify up to" value={level} onChange={(event) => setLevel(event.target.value as VerifyLevel)}>
        {LEVELS.map((one) => (
          <option key={one.value} value={one.value}>
            {one.label}
          </option>
        ))}
      </select>
      <button
        type="button"
        className="btn sm"
        disabled={!may || busy || isRunning}
        title={may ? undefined : 'Your role may not verify'}
        onClick={() => void start()}
      >
        Verify
      </button>
      {error ? <ErrorNote error={error} /> : null}
    </span>
  )
}
