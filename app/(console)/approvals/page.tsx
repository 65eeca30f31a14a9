import type { Metadata } from 'next'
import { ApprovalsView } from '#app/_components/approvals/approvals-view.tsx'

export const metadata: Metadata = { title: 'Approvals' }

/** What waits for a decision, in all workspaces. */
export default function ApprovalsPage() {
  return <ApprovalsView />
}
