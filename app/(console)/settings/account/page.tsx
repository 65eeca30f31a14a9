import type { Metadata } from 'next'
import { AccountView } from '#app/_components/account/account-view.tsx'
import { requirePage } from '#lib/server/session.ts'

export const metadata: Metadata = { title: 'Account' }

/** One's own password, sessions and tokens. */
export default async function AccountPage() {
  const { sessionId } = await requirePage()
  return <AccountView sessionId={sessionId} />
}
