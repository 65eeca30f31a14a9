'use client'
import { IconClipboardCheck } from '@tabler/icons-react'
import { useRead } from '#lib/client/queries.ts'
import Link from '../link.tsx'
import { ICON, Time } from '../parts.tsx'

/** A restore of this workspace that waits for a second person; nothing when none does. */
export function WaitingNote({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { data } = useRead('listRestoreApprovals', {}, { refetchInterval: 30_000 })
  const one = data?.find((waiting) => waiting.workspaceId === workspaceId)
  if (!one) return null
  return (
    <p className="note hold">
      <IconClipboardCheck {...ICON} />
      <span>
        <Link className="link" href={`/w/${workspaceId}/restore/${one.id}`}>
          {one.id}
        </Link>{' '}
        waits for a lead: {one.askedBy} asked for it, <Time iso={one.askedAt} />. A newer one takes its place.
      </span>
    </p>
  )
}
