'use client'
import { IconTrash } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { unforgetArchive } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { LIVE_READS } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { ArchiveDetail } from '#lib/contracts/archive.ts'
import { ErrorNote, ICON, Time } from '../parts.tsx'

/** An archive that somebody moved to the trash, maybe in another window: nothing is done with it before it is taken back. */
export function InTrash({ archive: { id, forgotten } }: { archive: ArchiveDetail }) {
  const may = useMay('forget')
  const client = useQueryClient()
  const { send, busy, error } = useAction(unforgetArchive)
  if (forgotten === null) return null
  const takeBack = async () => {
    if (!(await send({ archiveId: id }))) return
    await client.invalidateQueries({ predicate: ({ queryKey }) => (LIVE_READS as readonly unknown[]).includes(queryKey[0]) })
  }
  return (
    <>
      <div className="note warn" role="status">
        <IconTrash {...ICON} />
        <div>
          <p className="b">In the trash</p>
          <p>
            {forgotten.actor} moved it there <Time iso={forgotten.at} />: {forgotten.reason}
          </p>
        </div>
        <button
          type="button"
          className="btn sm"
          disabled={!may || busy}
          title={may ? undefined : 'Your role may not forget archives'}
          onClick={() => void takeBack()}
        >
          Take back
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </>
  )
}
