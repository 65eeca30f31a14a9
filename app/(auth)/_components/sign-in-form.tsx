'use client'

import { Button, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import classes from '../auth.module.css'
import { CodeForm } from './code-form.tsx'
import { postForJson } from './post-json.ts'

/** E-mail and password, then a code where the account asks for one; the auth library counts attempts. */
export function SignInForm({ next }: { next: string }) {
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [needsCode, setNeedsCode] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    setBusy(true)
    setProblem(null)
    const sent = { email: fields.get('email'), password: fields.get('password') }
    const answer = await postForJson<{ twoFactorRedirect?: boolean }>('/api/auth/sign-in/email', sent)
    if ('data' in answer && !answer.data.twoFactorRedirect) return window.location.assign(next)
    if ('data' in answer) setNeedsCode(true)
    else setProblem(answer.failed.startsWith('Invalid') ? 'The e-mail address or the password is wrong.' : answer.failed)
    setBusy(false)
  }

  if (needsCode) return <CodeForm next={next} onBack={() => setNeedsCode(false)} />
  return (
    <form className={classes.form} onSubmit={submit}>
      {problem && (
        <p className={classes.error} role="alert">
          {problem}
        </p>
      )}
      <TextInput label="E-mail" name="email" type="email" autoComplete="username" required withAsterisk={false} data-autofocus />
      <PasswordInput label="Password" name="password" autoComplete="current-password" required withAsterisk={false} />
      <Button type="submit" variant="filled" size="md" loading={isBusy}>
        Sign in
      </Button>
    </form>
  )
}
