import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { Ahead } from '#app/_components/ahead.tsx'
import { ReadAhead } from '#app/_components/read-ahead.ts'
import { draftIn } from '#app/_components/retention/retention-draft.ts'
import { RetentionView } from '#app/_components/retention/retention-view.tsx'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'

export const metadata: Metadata = { title: 'Retention' }

interface Props {
  params: Promise<{ ws: string }>
  searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** What a workspace keeps, what would go, and the way to a proposal. */
export default async function RetentionPage({ params, searchParams }: Props) {
  const workspace = WorkspaceIdSchema.safeParse((await params).ws)
  if (!workspace.success) notFound()
  const ahead = new ReadAhead()
  const rules = await ahead.read('retentionRules', { workspace: workspace.data })
  const given = Object.entries(await searchParams).filter((one): one is [string, string] => typeof one[1] === 'string')
  if (rules) await ahead.read('simulateRetention', { workspace: workspace.data, ...draftIn(new URLSearchParams(given), rules.policy) })
  return (
    <Ahead state={ahead.state()}>
      <RetentionView workspaceId={workspace.data} />
    </Ahead>
  )
}
