import type { Metadata } from 'next'
import { WorkspaceList } from '#app/_components/workspaces/workspace-list.tsx'

export const metadata: Metadata = { title: 'Workspaces' }

/** What is registered, and when it is backed up. */
export default function WorkspacesPage() {
  return <WorkspaceList />
}
