import type { Metadata } from 'next'
import { HostRunbook } from '#app/_components/runbooks/host-runbook.tsx'

export const metadata: Metadata = { title: 'Lost host' }

/** The runbook for a lost host; it belongs to no workspace, since there may be none yet. */
export default function HostRunbookPage() {
  return <HostRunbook />
}
