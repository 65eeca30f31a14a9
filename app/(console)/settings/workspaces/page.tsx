import { WorkspacesView } from '#app/_components/settings/workspaces-view.tsx'

export const metadata = { title: 'Workspaces' }

/** Registered workspaces and what their configs name. */
export default function WorkspacesPage() {
  return <WorkspacesView />
}
