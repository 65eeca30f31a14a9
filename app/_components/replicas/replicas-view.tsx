'use client'
import { IconAlertTriangle, IconShieldCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { commandText } from '#lib/base/command-text.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useFocusKept } from '#lib/client/use-focus-kept.ts'
import type { Replica, Replicas } from '#lib/contracts/replica.ts'
import { CommandPopover, ErrorNote, ICON, Reading, SectionHead } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { ReplicaForm } from './replica-form.tsx'
import { ReplicaRow } from './replica-row.tsx'
import '../settings/settings.css'
import './replicas.css'

/** Copies of a workspace's archives at other places: how far each is, and what the 3-2-1 rule still lacks. */
export function ReplicasView({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { data, error, refetch } = useRead('listReplicas', { workspace: workspaceId }, { refetchInterval: 10_000 })
  return (
    <div className="page rsp rep">
      <div className="phead">
        <h1>Replicas</h1>
        <span className="sp" />
        <CommandPopover command={commandText(['orchive', 'replica', 'list', data?.workspace ?? workspaceId])} />
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {data ? <Copies shown={data} /> : error ? null : <Reading rows={6} />}
    </div>
  )
}

function Copies({ shown }: { shown: Replicas }) {
  const may = useMay('settings')
  const { params, set } = useUrlState()
  const [edited, setEdited] = useState<Replica['id'] | null>(null)
  const list = useFocusKept()
  const isAdding = may && params.get('add') === '1'
  const { replicas } = shown
  return (
    <>
      <ThreeTwoOneNote shown={shown} />
      <section ref={list} tabIndex={-1} aria-labelledby="rep-list">
        <SectionHead id="rep-list" title="Copies at other places" aside={replicas.length || undefined}>
          <span className="sp" />
          {may ? (
            <button type="button" className="btn p sm" disabled={isAdding} onClick={() => set({ add: '1' })}>
              Add replica
            </button>
          ) : null}
        </SectionHead>
        {isAdding ? <ReplicaForm shown={shown} replica={null} onClose={() => set({ add: null })} /> : null}
        {replicas.length === 0 && !isAdding ? (
          <p className="empty">
            There is none yet. A second disk, a server with SFTP or a bucket will do; each copy is a whole repository that restores without
            this host.
            {may ? '' : ' An admin can add one.'}
          </p>
        ) : null}
        {replicas.map((replica) =>
          edited === replica.id ? (
            <ReplicaForm key={replica.id} shown={shown} replica={replica} onClose={() => setEdited(null)} />
          ) : (
            <ReplicaRow key={replica.id} replica={replica} onEdit={() => setEdited(replica.id)} />
          ),
        )}
      </section>
    </>
  )
}

function ThreeTwoOneNote({ shown: { threeTwoOne, isSealed, replicas } }: { shown: Replicas }) {
  const { copies, media, offHost, locked, isReached, missing } = threeTwoOne
  const isReadable = !isSealed && replicas.some(({ isOffHost }) => isOffHost)
  return (
    <>
      <div className={`note ${isReached ? 'ok' : 'warn'}`} role="status">
        {isReached ? <IconShieldCheck {...ICON} /> : <IconAlertTriangle {...ICON} />}
        <div>
          <p className="b">{isReached ? 'The 3-2-1 rule is kept.' : 'The 3-2-1 rule is not kept.'}</p>
          <p>
            {missing ? `${missing} ` : ''}
            Copies, the live data included: {copies} of 3. Media: {media} of 2. Off this host: {offHost} of 1. Undeletable for a time:{' '}
            {locked}.
          </p>
        </div>
      </div>
      {isReadable ? (
        <div className="note warn">
          <IconAlertTriangle {...ICON} />
          <p>
            This repository is not encrypted. Whoever can read a place below, its provider included, can read everything that was archived.
            Encryption is chosen when a repository is made.
          </p>
        </div>
      ) : null}
    </>
  )
}
