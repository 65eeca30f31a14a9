'use client'

import { Button, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import classes from '../auth.module.css'
import { postJson } from './post-json.ts'

/** E-mail and password; the auth library counts attempts. */
export function SignInForm() {
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    setBusy(true)
    const failed = await postJson('/api/auth/sign-in/email', { email: fields.get('email'), password: fields.get('password') })
    if (failed === null) window.location.assign('/')
    else {
      setProblem(failed.startsWith('Invalid') ? 'The e-mail address or the password is wrong.' : failed)
      setBusy(false)
    }
  }

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
