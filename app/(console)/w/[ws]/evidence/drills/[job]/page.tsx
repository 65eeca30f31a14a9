import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { DrillPage } from '#app/_components/evidence/drill-report.tsx'
import { JobIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Drill report' }

/** One drill: its steps, its verdict, to read and to print. */
export default async function DrillReportPage({ params }: { params: Promise<{ job: string }> }) {
  const job = JobIdSchema.safeParse((await params).job)
  if (!job.success) notFound()
  return <DrillPage jobId={job.data} />
}
