import type { Metadata } from 'next'
import { DefaultPolicyView } from '#app/_components/retention/default-policy-view.tsx'

export const metadata: Metadata = { title: 'Default retention' }

/** What workspaces keep unless they have something of their own. */
export default function DefaultRetentionPage() {
  return <DefaultPolicyView />
}
