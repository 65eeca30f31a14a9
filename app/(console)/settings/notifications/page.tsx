import type { Metadata } from 'next'
import { NotificationsView } from '#app/_components/notifications/notifications-view.tsx'

export const metadata: Metadata = { title: 'Notifications' }

/** Who is told what, and what was sent lately. */
export default function NotificationsPage() {
  return <NotificationsView />
}
