import type { Metadata } from 'next'
import { ApiView } from '#app/_components/api-docs/api-view.tsx'
import { apiBook } from '#lib/server/openapi/document.ts'
import { GROUPS } from '#lib/server/openapi/groups.ts'

export const metadata: Metadata = { title: 'API' }

/** The HTTP API as the routes parse it. */
export default function ApiPage() {
  return <ApiView book={apiBook()} groups={GROUPS.map(({ name, about }) => ({ name, about }))} />
}
