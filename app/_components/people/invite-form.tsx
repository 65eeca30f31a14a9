'use client'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { invite } from '#app/actions.ts'
import { focusFirst } from '#lib/client/focus-first.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { AccessInput, OneTimeLink } from '#lib/contracts/people.ts'
import { ErrorNote } from '../parts.tsx'
import { AccessFields } from './access-fields.tsx'
import { LinkNote } from './link-note.tsx'

/** Makes a link with which somebody new makes an account. */
export function InviteForm({ onClose }: { onClose(): void }) {
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const [access, setAccess] = useState<AccessInput>({ role: 'operator', everywhere: true, workspaces: [] })
  const [link, setLink] = useState<OneTimeLink | null>(null)
  const { send, busy, error } = useAction(invite)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const made = await send({ email, access })
    if (!made) return
    setLink(made)
    await client.invalidateQueries()
  }
  if (link) {
    return (
      <div className="scard">
        <LinkNote link={link} to={email} />
        <div className="phead">
          <button type="button" className="btn" onClick={onClose}>
            Done
          </button>
        </div>
      </div>
    )
  }
  return (
    <form ref={focusFirst} className="scard" aria-label="Invite somebody" onSubmit={(event) => void submit(event)}>
      <div className="s3">
        <label className="fld">
          <span>E-mail</span>
          <input className="inp" type="email" required maxLength={200} value={email} onChange={(event) => setEmail(event.target.value)} />
        </label>
      </div>
      <AccessFields access={access} set={setAccess} />
      <div className="phead">
        <button type="submit" className="btn p" disabled={busy}>
          Make link
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Discard
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}
