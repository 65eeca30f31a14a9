import type { Metadata } from 'next'
import { RepositoriesView } from '#app/_components/repository/repositories-view.tsx'

export const metadata: Metadata = { title: 'Repository' }

/** Where archives lie, whether they are encrypted there, and who can open them. */
export default function RepositoryPage() {
  return <RepositoriesView />
}
