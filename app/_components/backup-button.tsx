'use client'
import { notifications } from '@mantine/notifications'
import { IconArchive } from '@tabler/icons-react'
import { startBackup } from '#app/actions.ts'
import { useOpenJobs } from '#lib/client/job-feed.tsx'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import { ErrorNote, ICON } from './parts.tsx'

/** Starts a backup; says why when it cannot. */
export function BackupButton({ workspaceId, large = false }: { workspaceId: `ws_${string}`; large?: boolean }) {
  const may = useMay('back-up')
  const underWay = useOpenJobs(workspaceId).some((job) => job.kind === 'backup')
  const { send, busy, error } = useAction(startBackup)
  const start = async () => {
    if (await send({ workspaceId }))
      notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message: 'Backup started. The bar below shows how far it is.' })
  }
  const why = !may ? 'Your role may not back up' : underWay ? 'A backup of this workspace is under way' : undefined
  return (
    <>
      <button
        type="button"
        data-key="b"
        className={`btn p ${large ? 'lg' : ''}`}
        disabled={!may || busy || underWay}
        title={why}
        onClick={() => void start()}
      >
        <IconArchive {...ICON} />
        Back up now
      </button>
      {error ? <ErrorNote error={error} /> : null}
    </>
  )
}
