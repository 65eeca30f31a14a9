'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { startDetach } from '#app/actions.ts'
import { plural } from '#lib/base/plural.ts'
import { useOpenJobs } from '#lib/client/job-feed.tsx'
import { useAction } from '#lib/client/use-action.ts'
import { useFocusKept } from '#lib/client/use-focus-kept.ts'
import type { AttachedPlace } from '#lib/contracts/repository-keys.ts'
import { ErrorNote, PathText, SectionHead } from '../parts.tsx'
import { RemoveButtons } from '../remove-buttons.tsx'

/** Places somewhere else that this console reads, and the way to let go of them. */
export function AttachedPlaces({ places }: { places: readonly AttachedPlace[] }) {
  const client = useQueryClient()
  const list = useFocusKept()
  const isWorking = useOpenJobs(null).some(({ kind }) => kind === 'rebuild')
  useEffect(() => {
    if (!isWorking) void client.invalidateQueries({ queryKey: ['listRepositories'] })
  }, [client, isWorking])
  return (
    <section ref={list} tabIndex={-1} aria-labelledby="places">
      <SectionHead id="places" title="Read from elsewhere" aside="what opens these is kept here; nothing is written there" />
      {places.map((place) => (
        <Place key={place.id} place={place} />
      ))}
    </section>
  )
}

function Place({ place: { id, place, isLookedAt, workspaces } }: { place: AttachedPlace }) {
  const client = useQueryClient()
  const [isAsked, setAsked] = useState(false)
  const { send, busy, error } = useAction(startDetach)
  const detach = async () => {
    if (!(await send({ place: id }))) return
    setAsked(false)
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message: `${place} is being detached.` })
    await client.invalidateQueries()
  }
  return (
    <article className="chan" aria-label={place}>
      <div>
        <h3>
          <PathText path={place} />
        </h3>
        <p className="q">{isLookedAt ? 'Somebody looked at it; nothing was brought back from it.' : heldText(workspaces)}</p>
      </div>
      <div className="acts">
        <RemoveButtons label={`Detach ${place}`} isAsked={isAsked} onAsk={setAsked} isBusy={busy} onRemove={() => void detach()} />
      </div>
      {isAsked ? (
        <p className="q">
          {isLookedAt ? '' : 'Its archives go from this console. '}What opens it is forgotten, workspaces stay registered, and nothing there
          is touched.
        </p>
      ) : null}
      {error ? <ErrorNote error={error} /> : null}
    </article>
  )
}

const heldText = (workspaces: AttachedPlace['workspaces']) =>
  workspaces.length === 0
    ? 'No archive of it is listed here.'
    : `${workspaces.map(({ workspace, archives }) => `${plural(archives, 'archive')} of ${workspace}`).join(', ')}.`
