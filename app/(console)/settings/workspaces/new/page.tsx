import { AddWorkspace } from '#app/_components/settings/add-workspace.tsx'

export const metadata = { title: 'Add workspace' }

/** Register a workspace by its root folder. */
export default function AddWorkspacePage() {
  return <AddWorkspace />
}
