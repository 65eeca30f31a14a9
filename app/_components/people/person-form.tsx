'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { changePerson, endTwoStep, makePasswordLink } from '#app/actions.ts'
import { focusFirst } from '#lib/client/focus-first.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { AccessInput, OneTimeLink, Person } from '#lib/contracts/people.ts'
import { SessionList } from '../account/session-list.tsx'
import { ErrorNote } from '../parts.tsx'
import { AccessFields } from './access-fields.tsx'
import { LinkNote } from './link-note.tsx'

/** What one person may do, their password and their sessions. */
export function PersonForm({ person, onClose }: { person: Person; onClose(): void }) {
  const client = useQueryClient()
  const { role, everywhere, workspaces } = person
  const [access, setAccess] = useState<AccessInput>({ role, everywhere, workspaces })
  const [link, setLink] = useState<OneTimeLink | null>(null)
  const changing = useAction(changePerson)
  const linking = useAction(makePasswordLink)
  const ending = useAction(endTwoStep)
  const isDisabled = person.disabledAt !== null
  const change = async (what: { access?: AccessInput; disabled?: boolean }) => {
    const changed = await changing.send({ person: person.id, ...what })
    if (!changed) return
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message: `What ${changed.name} may do is saved.` })
    await client.invalidateQueries()
    onClose()
  }
  const endSecondStep = async () => {
    if (!(await ending.send({ person: person.id }))) return
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message: `${person.name} signs in with the password alone.` })
    await client.invalidateQueries()
  }
  const save = (event: FormEvent) => {
    event.preventDefault()
    void change({ access })
  }
  const error = changing.error ?? linking.error ?? ending.error
  return (
    <form ref={focusFirst} className="scard" aria-label={`Change ${person.name}`} onSubmit={save}>
      <h3 className="pname">
        {person.name} <span className="q brk">{person.email}</span>
      </h3>
      <AccessFields access={access} set={setAccess} />
      {link ? <LinkNote link={link} to={person.name} /> : null}
      <div className="phead">
        <button type="submit" className="btn p" disabled={changing.busy}>
          Save
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Close
        </button>
        <span className="sp" />
        <button
          type="button"
          className="btn"
          disabled={linking.busy || isDisabled}
          onClick={() => void linking.send({ person: person.id }).then(setLink)}
        >
          Link for a new password
        </button>
        {person.twoStep ? (
          <button type="button" className="btn" disabled={ending.busy} onClick={() => void endSecondStep()}>
            Take second step away
          </button>
        ) : null}
        <button
          type="button"
          className={isDisabled ? 'btn' : 'btn d'}
          disabled={changing.busy}
          onClick={() => void change({ disabled: !isDisabled })}
        >
          {isDisabled ? 'Let sign in again' : 'Take sign-in away'}
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
      <SessionList person={person.id} currentSession={null} />
    </form>
  )
}
