'use client'

import { Button, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import classes from '../auth.module.css'
import { postJson } from './post-json.ts'

/** The second step: a code of the authenticator app, or one of the recovery codes. */
export function CodeForm({ next, onBack }: { next: string; onBack: () => void }) {
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [isRecovery, setRecovery] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const code = String(new FormData(event.currentTarget).get('code')).trim()
    setBusy(true)
    setProblem(null)
    const failed = isRecovery
      ? await postJson('/api/auth/two-factor/verify-backup-code', { code })
      : await postJson('/api/auth/two-factor/verify-totp', { code: code.replaceAll(' ', '') })
    if (failed === null) return window.location.assign(next)
    setProblem(wordsFor(failed))
    setBusy(false)
  }

  return (
    <form className={classes.form} onSubmit={submit}>
      {problem && (
        <p className={classes.error} role="alert">
          {problem}
        </p>
      )}
      {isRecovery ? (
        <TextInput
          key="recovery"
          label="Recovery code"
          description="One of those that were shown when the second step was set up; each works once"
          name="code"
          autoComplete="off"
          required
          withAsterisk={false}
          autoFocus
        />
      ) : (
        <TextInput
          key="code"
          label="Code"
          description="Six digits from the authenticator app"
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9 ]{6,7}"
          required
          withAsterisk={false}
          autoFocus
        />
      )}
      <Button type="submit" variant="filled" size="md" loading={isBusy}>
        Sign in
      </Button>
      <Button variant="subtle" onClick={() => setRecovery(!isRecovery)}>
        {isRecovery ? 'Use the authenticator app' : 'Use a recovery code'}
      </Button>
      <Button variant="subtle" onClick={onBack}>
        Start again
      </Button>
    </form>
  )
}

/** What the auth library says, in words for whoever holds the phone. */
function wordsFor(failed: string): string {
  if (/invalid (backup )?code/i.test(failed))
    return 'The code is wrong. Codes change every half minute; check that the clock of the phone is right.'
  if (/cookie/i.test(failed)) return 'This took too long. Start again with the password.'
  if (/too many|locked/i.test(failed))
    return 'Too many wrong codes. Wait a quarter of an hour, or ask an admin to take the second step away.'
  return failed
}
