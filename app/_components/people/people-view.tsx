'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { withdrawInvitation } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import { useFocusKept } from '#lib/client/use-focus-kept.ts'
import type { Invitation, Person } from '#lib/contracts/people.ts'
import { ErrorNote, Reading, SectionHead, Time } from '../parts.tsx'
import { SettingsTabs } from '../settings/settings-tabs.tsx'
import { accessText } from './access-words.ts'
import { InviteForm } from './invite-form.tsx'
import { PersonForm } from './person-form.tsx'
import { ProviderSection } from './provider-section.tsx'
import '../settings/settings.css'
import './people.css'

/** Who can sign in, what they may do where, and links that are open. */
export function PeopleView() {
  const may = useMay('users')
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>People</h1>
      </div>
      <SettingsTabs />
      {may ? <People /> : <p className="empty">Who can sign in is for admins to see and to change.</p>}
    </div>
  )
}

function People() {
  const { data, error, refetch } = useRead('listPeople', {})
  const [edited, setEdited] = useState<string | null>(null)
  const [isInviting, setInviting] = useState(false)
  const people = useFocusKept()
  const links = useFocusKept()
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (!data) return <Reading rows={4} />
  return (
    <>
      <section ref={people} tabIndex={-1} aria-labelledby="people">
        <SectionHead
          id="people"
          title="Who can sign in"
          aside={`${data.people.filter((one) => !one.disabledAt).length} of ${data.people.length}`}
        >
          <span className="sp" />
          <button type="button" className="btn p sm" disabled={isInviting} onClick={() => setInviting(true)}>
            Invite somebody
          </button>
        </SectionHead>
        {isInviting ? <InviteForm onClose={() => setInviting(false)} /> : null}
        {data.people.map((person) =>
          edited === person.id ? (
            <PersonForm key={person.id} person={person} onClose={() => setEdited(null)} />
          ) : (
            <PersonRow key={person.id} person={person} onEdit={() => setEdited(person.id)} />
          ),
        )}
      </section>
      <section ref={links} tabIndex={-1} aria-labelledby="links">
        <SectionHead id="links" title="Open links" aside="each works once" />
        {data.invitations.length === 0 ? <p className="empty">No invitation or new password waits for anybody.</p> : null}
        {data.invitations.map((one) => (
          <InvitationRow key={one.id} invitation={one} />
        ))}
      </section>
      <ProviderSection />
    </>
  )
}

function PersonRow({ person, onEdit }: { person: Person; onEdit(): void }) {
  const { data: workspaces } = useRead('listWorkspaces', {})
  return (
    <article className="chan prow" aria-label={person.name}>
      <div>
        <h3>
          {person.name} {person.isYou ? <span className="tag o">you</span> : null}
          {person.twoStep ? <span className="tag ok">two-step</span> : null}
          {person.disabledAt ? <span className="tag bad">may not sign in</span> : null}
        </h3>
        <p className="q brk">{person.email}</p>
      </div>
      <p>{accessText(person, workspaces ?? [])}</p>
      <p className="q">
        {person.lastSeenAt ? (
          <>
            Last seen <Time iso={person.lastSeenAt} />
          </>
        ) : (
          'Signed in nowhere'
        )}
      </p>
      <div className="acts">
        <button type="button" className="btn sm" onClick={onEdit} aria-label={`Change ${person.name}`}>
          Change
        </button>
      </div>
    </article>
  )
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const client = useQueryClient()
  const { data: workspaces } = useRead('listWorkspaces', {})
  const { send, busy, error } = useAction(withdrawInvitation)
  const withdraw = async () => {
    if (await send({ invitation: invitation.id as `inv_${string}` })) await client.invalidateQueries()
  }
  return (
    <article className="chan" aria-label={`Link for ${invitation.email}`}>
      <div>
        <h3 className="brk">
          {invitation.email} <span className="q">{invitation.kind === 'invitation' ? 'invitation' : 'new password'}</span>
        </h3>
        {invitation.kind === 'invitation' ? <p className="q">{accessText(invitation.access, workspaces ?? [])}</p> : null}
        <p className="q">
          Made by {invitation.madeBy}; good until <Time iso={invitation.expiresAt} /> UTC.
        </p>
      </div>
      <div className="acts">
        <button
          type="button"
          className="btn sm"
          disabled={busy}
          onClick={() => void withdraw()}
          aria-label={`Withdraw the link for ${invitation.email}`}
        >
          Withdraw
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </article>
  )
}
