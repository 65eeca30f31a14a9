'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Person } from '#lib/contracts/people.ts'
import { ErrorNote, SectionHead } from '../parts.tsx'
import { postAuth } from './post-auth.ts'
import { QrCode } from './qr-code.tsx'

interface Begun {
  totpURI: string
  backupCodes: string[]
}

/** Two-step sign-in of one's own account: off, being set up, on. */
export function TwoStepSection({ person }: { person: Person }) {
  const client = useQueryClient()
  const [begun, setBegun] = useState<Begun | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<{ message: string; hint: string } | null>(null)

  const send = async <T,>(path: string, body: unknown): Promise<T | null> => {
    setBusy(true)
    setError(null)
    const answer = await postAuth<T>(path, body)
    setBusy(false)
    if ('data' in answer) return answer.data
    setError(answer.error)
    return null
  }
  const say = async (message: string) => {
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message })
    await client.invalidateQueries()
  }
  const begin = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const password = new FormData(event.currentTarget).get('password')
    setBegun(await send<Begun>('/two-factor/enable', { password }))
  }
  const confirm = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = String(new FormData(event.currentTarget).get('code')).replaceAll(' ', '')
    if ((await send('/two-factor/verify-totp', { code })) === null) return
    setBegun(null)
    await say('A code is asked for from the next sign-in on.')
  }
  const end = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    if ((await send('/two-factor/disable', { password: new FormData(form).get('password') })) === null) return
    await say('The password alone is enough again.')
  }
  return (
    <>
      <SectionHead id="two-step" title="Two-step sign-in" aside={person.twoStep ? 'on' : 'off'} />
      {begun ? (
        <SetUp begun={begun} busy={busy} onConfirm={(event) => void confirm(event)} onCancel={() => setBegun(null)} />
      ) : (
        <form className="scard" aria-label="Two-step sign-in" onSubmit={(event) => void (person.twoStep ? end(event) : begin(event))}>
          <p>
            {person.twoStep
              ? 'After the password, sign-in asks for a code of your authenticator app.'
              : 'With an authenticator app on a phone, a password that somebody found is not enough to get in.'}
          </p>
          <div className="s3">
            <label className="fld">
              <span>Your password</span>
              <input className="inp" type="password" name="password" autoComplete="current-password" required />
            </label>
          </div>
          <div className="phead">
            <button type="submit" className={person.twoStep ? 'btn d' : 'btn'} disabled={busy}>
              {person.twoStep ? 'Turn off' : 'Set up'}
            </button>
          </div>
        </form>
      )}
      {error ? <ErrorNote error={error} /> : null}
    </>
  )
}

interface SetUpProps {
  begun: Begun
  busy: boolean
  onConfirm: (event: FormEvent<HTMLFormElement>) => void
  onCancel: () => void
}

function SetUp({ begun: { totpURI, backupCodes }, busy, onConfirm, onCancel }: SetUpProps) {
  const secret = new URL(totpURI).searchParams.get('secret') ?? ''
  const codesHref = `data:text/plain;charset=utf-8,${encodeURIComponent(`Recovery codes for Orchive. Each works once.\n\n${backupCodes.join('\n')}\n`)}`
  return (
    <form className="scard" aria-label="Set up two-step sign-in" onSubmit={onConfirm}>
      <ol className="tsteps">
        <li>
          <p className="b">Scan this with the app</p>
          <QrCode text={totpURI} label="QR code for the authenticator app" />
          <p className="q">
            Or type it in: <code className="mono brk">{secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
          </p>
        </li>
        <li>
          <p className="b">Keep the recovery codes</p>
          <p className="q">They are shown this once. Each lets you in once when the phone is gone.</p>
          <ul className="rcodes mono" aria-label="Recovery codes">
            {backupCodes.map((code) => (
              <li key={code}>{code}</li>
            ))}
          </ul>
          <a className="btn sm" href={codesHref} download="orchive-recovery-codes.txt">
            Download
          </a>
        </li>
        <li>
          <label className="fld">
            <span className="b">Enter the code that the app shows</span>
            <input className="inp" name="code" inputMode="numeric" autoComplete="one-time-code" pattern="[0-9 ]{6,7}" required />
          </label>
        </li>
      </ol>
      <div className="phead">
        <button type="submit" className="btn p" disabled={busy}>
          Turn on
        </button>
        <button type="button" className="btn" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  )
}
