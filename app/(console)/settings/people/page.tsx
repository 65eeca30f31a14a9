import type { Metadata } from 'next'
import { PeopleView } from '#app/_components/people/people-view.tsx'

export const metadata: Metadata = { title: 'People' }

/** Who can sign in, and what they may do where. */
export default function PeoplePage() {
  return <PeopleView />
}
