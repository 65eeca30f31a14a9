'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ErrorNote } from '../parts.tsx'
import { postAuth } from './post-auth.ts'

/** Changes one's own password; other browsers are signed out. */
export function PasswordForm({ email }: { email: string }) {
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<{ message: string; hint: string } | null>(null)
  const change = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const fields = new FormData(form)
    const body = { currentPassword: fields.get('current'), newPassword: fields.get('new'), revokeOtherSessions: true }
    setBusy(true)
    setError(null)
    const answer = await postAuth('/change-password', body)
    setBusy(false)
    if ('error' in answer) return setError(answer.error)
    form.reset()
    notifications.show({
      closeButtonProps: { 'aria-label': 'Close' },
      message: 'The password is changed. Other browsers are signed out.',
    })
    await client.invalidateQueries()
  }
  return (
    <form className="scard" aria-label="Change password" onSubmit={(event) => void change(event)}>
      <input type="hidden" autoComplete="username" value={email} readOnly />
      <div className="s3">
        <label className="fld">
          <span>Current password</span>
          <input className="inp" type="password" name="current" autoComplete="current-password" required />
        </label>
        <label className="fld">
          <span>New password</span>
          <input className="inp" type="password" name="new" autoComplete="new-password" required minLength={10} maxLength={256} />
          <small>10 characters or more.</small>
        </label>
      </div>
      <div className="phead">
        <button type="submit" className="btn" disabled={busy}>
          Change password
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}
