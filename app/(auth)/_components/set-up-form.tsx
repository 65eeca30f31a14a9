'use client'

import { Button, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useEffect, useState } from 'react'
import classes from '../auth.module.css'
import { postJson } from './post-json.ts'

/** The first admin, for whoever holds the printed token. It arrives behind the #, which no server sees. */
export function SetUpForm() {
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  useEffect(() => {
    const printed = new URLSearchParams(window.location.hash.slice(1)).get('token')
    if (!printed) return
    setToken(printed)
    window.history.replaceState(null, '', window.location.pathname)
  }, [])

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const person = { name: fields.get('name'), email: fields.get('email'), password: fields.get('password') }
    setBusy(true)
    const failed =
      (await postJson('/api/v1/set-up', { token, ...person })) ??
      (await postJson('/api/auth/sign-in/email', { email: person.email, password: person.password }))
    if (failed === null) window.location.assign('/')
    else {
      setProblem(failed)
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
      <TextInput
        label="Set-up token"
        description="Printed by the console when it started"
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
        autoComplete="off"
        required
        withAsterisk={false}
      />
      <TextInput label="Name" name="name" autoComplete="name" required withAsterisk={false} maxLength={120} />
      <TextInput label="E-mail" name="email" type="email" autoComplete="username" required withAsterisk={false} />
      <PasswordInput
        label="Password"
        description="10 characters or more"
        name="password"
        autoComplete="new-password"
        required
        withAsterisk={false}
        minLength={10}
      />
      <Button type="submit" variant="filled" size="md" loading={isBusy}>
        Create admin
      </Button>
    </form>
  )
}
