'use client'
import { lazy, Suspense } from 'react'
import type { Job } from '#lib/contracts/job.ts'
import { Reading } from '../parts.tsx'

const JobResult = lazy(() => import('./job-result.tsx'))

/** What a job brought about. It knows the results of all kinds of jobs, so it is loaded when there is one to show. */
export function ResultPart({ job }: { job: Job }) {
  return (
    <Suspense fallback={<Reading rows={3} />}>
      <JobResult job={job} />
    </Suspense>
  )
}
