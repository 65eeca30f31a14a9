'use client'

import { Button, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useEffect, useState } from 'react'
import type { z } from 'zod'
import type { LinkSightSchema } from '#lib/contracts/people.ts'
import classes from '../auth.module.css'
import { postForJson, postJson } from './post-json.ts'

type Sight = z.infer<typeof LinkSightSchema>

/** The account that a link invites to, or the password that it is for. The secret arrives behind the #, which no server sees by itself. */
export function JoinForm() {
  const [token, setToken] = useState<string | null>(null)
  const [sight, setSight] = useState<Sight | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  useEffect(() => {
    const given = new URLSearchParams(window.location.hash.slice(1)).get('token') ?? ''
    setToken(given)
    window.history.replaceState(null, '', window.location.pathname)
    void postForJson<Sight>('/api/v1/join/look', { token: given || '-' }).then((answer) =>
      'failed' in answer ? setProblem(answer.failed) : setSight(answer.data),
    )
  }, [])

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const password = fields.get('password')
    const name = sight?.kind === 'invitation' ? { name: fields.get('name') } : {}
    setBusy(true)
    const failed =
      (await postJson('/api/v1/join', { token, password, ...name })) ??
      (await postJson('/api/auth/sign-in/email', { email: sight!.email, password }))
    if (failed === null) window.location.assign('/')
    else {
      setProblem(failed)
      setBusy(false)
    }
  }

  const isNew = sight?.kind !== 'password'
  return (
    <>
      <h1 className={classes.title}>{isNew ? 'Make your account' : 'Set a new password'}</h1>
      {sight ? (
        <p className={classes.lead}>
          For {sight.email}. {isNew ? 'The link works once.' : 'The link works once; every browser that is signed in will be signed out.'}
        </p>
      ) : null}
      {problem && (
        <p className={classes.error} role="alert">
          {problem}
        </p>
      )}
      {sight ? (
        <form className={classes.form} onSubmit={submit}>
          <input type="hidden" name="username" autoComplete="username" value={sight.email} />
          {isNew ? <TextInput label="Name" name="name" autoComplete="name" required withAsterisk={false} maxLength={120} /> : null}
          <PasswordInput
            label="Password"
            description="10 characters or more"
            name="password"
            autoComplete="new-password"
            required
            withAsterisk={false}
            minLength={10}
            maxLength={256}
          />
          <Button type="submit" variant="filled" size="md" loading={isBusy}>
            {isNew ? 'Make account' : 'Set password'}
          </Button>
        </form>
      ) : problem ? (
        <a href="/sign-in">Go to sign-in</a>
      ) : (
        <p className={classes.lead}>Looking at the link…</p>
      )}
    </>
  )
}
