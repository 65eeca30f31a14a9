import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { JobView } from '#app/_components/jobs/job-view.tsx'
import { JobIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Job' }

/** One job: how far, what went wrong, what it did. */
export default async function JobPage({ params }: { params: Promise<{ id: string }> }) {
  const job = JobIdSchema.safeParse((await params).id)
  if (!job.success) notFound()
  return <JobView jobId={job.data} />
}
