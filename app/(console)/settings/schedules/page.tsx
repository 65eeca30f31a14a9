import type { Metadata } from 'next'
import { SchedulesView } from '#app/_components/schedules/schedules-view.tsx'

export const metadata: Metadata = { title: 'Schedules' }

/** When each workspace is backed up and proven by itself. */
export default function SchedulesPage() {
  return <SchedulesView />
}
