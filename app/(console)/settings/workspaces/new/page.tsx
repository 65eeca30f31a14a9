import type { Metadata } from 'next'
import { AddWorkspaceForm } from '#app/_components/workspaces/add-workspace-form.tsx'

export const metadata: Metadata = { title: 'Add workspace' }

/** Registers a workspace after showing what belongs to it. */
export default function NewWorkspacePage() {
  return <AddWorkspaceForm />
}
