'use client'
import { useRouter } from 'next/navigation'
import { plural } from '#lib/base/plural.ts'
import type { Overview } from '#lib/contracts/overview.ts'
import { ArchiveLanes } from '../archives/archive-lanes.tsx'
import Link from '../link.tsx'
import { SectionHead, Time } from '../parts.tsx'

/** All archives by time: days, weeks, months. */
export function ArchiveSection({ view }: { view: Overview }) {
  const href = `/w/${view.workspaceId}/archives`
  const router = useRouter()
  return (
    <section aria-labelledby="cal">
      <SectionHead
        id="cal"
        title="Archives"
        aside={
          <>
            {plural(view.archives, 'archive')}
            {view.oldestAt ? (
              <>
                , oldest <Time iso={view.oldestAt} />
              </>
            ) : null}
          </>
        }
      >
        <Link className="link" href={href}>
          All archives
        </Link>
      </SectionHead>
      <ArchiveLanes workspaceId={view.workspaceId as `ws_${string}`} onSelect={(id) => router.push(`${href}?sel=${id}`)} />
    </section>
  )
}
