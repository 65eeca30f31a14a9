'use client'
import { IconLock, IconMapPin } from '@tabler/icons-react'
import { useRead } from '#lib/client/queries.ts'
import type { ArchiveCopy } from '#lib/contracts/replica.ts'
import Link from '../link.tsx'
import { ErrorNote, ICON, SectionHead, Time } from '../parts.tsx'

const STATES: Record<ArchiveCopy['state'], { word: string; tone: string }> = {
  copied: { word: 'whole', tone: 'ok' },
  waiting: { word: 'waits to be copied', tone: 'warn' },
  incomplete: { word: 'incomplete there', tone: 'bad' },
  'not-kept': { word: 'not kept there', tone: 'q' },
}

/** Where an archive lies besides this host, and until when nobody can delete it there. */
export function Copies({ archiveId, workspaceId }: { archiveId: `arc_${string}`; workspaceId: string }) {
  const { data, error } = useRead('archiveCopies', { archive: archiveId })
  if (error) return <ErrorNote error={error} />
  if (!data) return null
  const { copies } = data
  const whole = copies.filter(({ state }) => state === 'copied').length
  return (
    <section aria-labelledby="copies">
      <SectionHead
        id="copies"
        title="Copies"
        aside={copies.length === 0 ? undefined : `here, ${whole} of ${copies.length} at other places`}
      />
      {copies.length === 0 ? (
        <p className="empty">
          Only on this host.{' '}
          <Link className="link" href={`/w/${workspaceId}/replicas`}>
            Replicas
          </Link>{' '}
          keep a copy somewhere else.
        </p>
      ) : (
        <dl className="kv">
          {copies.map(({ replicaId, replica, place, state, lockedUntil }) => (
            <Copy key={replicaId} replica={replica} place={place} state={state} lockedUntil={lockedUntil} />
          ))}
        </dl>
      )}
    </section>
  )
}

function Copy({ replica, place, state, lockedUntil }: Omit<ArchiveCopy, 'replicaId'>) {
  const { word, tone } = STATES[state]
  return (
    <>
      <dt>{replica}</dt>
      <dd>
        <span className={tone}>{word}</span>
        {lockedUntil ? (
          <span>
            {' '}
            <IconLock {...ICON} /> locked until <Time iso={lockedUntil} />
          </span>
        ) : null}
        <p className="q brk">
          <IconMapPin {...ICON} /> {place}
        </p>
      </dd>
    </>
  )
}
