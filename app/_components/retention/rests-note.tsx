'use client'
import { IconFlag } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { acceptArchive } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { LIVE_READS } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { RetentionPlan } from '#lib/contracts/retention.ts'
import Link from '../link.tsx'
import { ErrorNote, ICON } from '../parts.tsx'

/** Why nothing goes at all, and the way out: somebody looks, then accepts with a reason. */
export function RestsNote({ plan }: { plan: RetentionPlan }) {
  return plan.rests.map((rest) => (
    <div key={`${rest.code}${rest.archiveId}`} className="note warn" role="status">
      <IconFlag {...ICON} />
      <div>
        <p className="b">Retention rests: nothing goes before somebody looked.</p>
        <p className="brk">{rest.message}</p>
        <AcceptForm archiveId={rest.archiveId} />
      </div>
      <Link className="btn sm" href={`/w/${plan.workspaceId}/archives?sel=${rest.archiveId}`}>
        See the archive
      </Link>
    </div>
  ))
}

function AcceptForm({ archiveId }: { archiveId: RetentionPlan['rests'][number]['archiveId'] }) {
  const may = useMay('hold')
  const client = useQueryClient()
  const { send, busy, error } = useAction(acceptArchive)
  const [reason, setReason] = useState('')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (await send({ archiveId, reason: reason.trim() })) {
      await client.invalidateQueries({ predicate: ({ queryKey }) => (LIVE_READS as readonly unknown[]).includes(queryKey[0]) })
    }
  }
  return (
    <form className="rt-acc" onSubmit={(event) => void submit(event)}>
      <input
        className="inp sm"
        aria-label="Why it is as it should be"
        placeholder="Why it is as it should be"
        value={reason}
        maxLength={500}
        onChange={(event) => setReason(event.target.value)}
      />
      <button
        type="submit"
        className="btn sm"
        disabled={!may || busy || reason.trim() === ''}
        title={may ? undefined : 'Needs an operator'}
      >
        Accept archive
      </button>
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}
