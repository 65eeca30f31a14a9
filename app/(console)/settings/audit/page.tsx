import type { Metadata } from 'next'
import { Suspense } from 'react'
import { AuditView } from '#app/_components/audit/audit-view.tsx'

export const metadata: Metadata = { title: 'Audit log' }

/** Who did what to which object from where. */
export default function AuditPage() {
  return (
    <Suspense>
      <AuditView />
    </Suspense>
  )
}
