'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { removeSignInProvider, setSignInProvider } from '#app/actions.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { SignInSettings } from '#lib/contracts/sign-in.ts'
import { ErrorNote, Reading, SectionHead } from '../parts.tsx'

/** The OpenID provider that people can sign in with. */
export function ProviderSection() {
  const { data, error, refetch } = useRead('signInSettings', {})
  const [isOpen, setOpen] = useState(false)
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (!data) return <Reading rows={1} />
  const { provider } = data
  return (
    <section aria-labelledby="provider">
      <SectionHead id="provider" title="Sign-in by a provider" aside={provider ? provider.label : 'off'}>
        <span className="sp" />
        <button type="button" className="btn sm" disabled={isOpen} onClick={() => setOpen(true)}>
          {provider ? 'Change' : 'Set up'}
        </button>
      </SectionHead>
      {isOpen ? (
        <ProviderForm settings={data} onClose={() => setOpen(false)} />
      ) : (
        <p className="q">
          {provider
            ? `${provider.issuer}, ${provider.newcomers === null ? 'for people who have an account or an invitation' : `others come as ${provider.newcomers}`}${
                provider.domains.length > 0 ? `, only addresses of ${provider.domains.join(', ')}` : ''
              }.`
            : 'People sign in with their password. With a provider of OpenID Connect they can use the account of their work.'}
        </p>
      )}
    </section>
  )
}

function ProviderForm({ settings: { provider, callbackPath }, onClose }: { settings: SignInSettings; onClose(): void }) {
  const client = useQueryClient()
  const saving = useAction(setSignInProvider)
  const removing = useAction(removeSignInProvider)
  const done = async (message: string) => {
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message })
    await client.invalidateQueries()
    onClose()
  }
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const text = (name: string) => String(fields.get(name) ?? '').trim()
    const newcomers = text('newcomers')
    const saved = await saving.send({
      label: text('label'),
      issuer: text('issuer'),
      clientId: text('clientId'),
      domains: text('domains')
        .split(/[\s,]+/)
        .filter(Boolean),
      newcomers: newcomers === '' ? null : (newcomers as 'viewer'),
      ...(text('clientSecret') === '' ? {} : { clientSecret: text('clientSecret') }),
    })
    if (saved) await done('The provider answers, and is on the sign-in page.')
  }
  const remove = async () => {
    if (await removing.send({})) await done('People sign in with their passwords only.')
  }
  const busy = saving.busy || removing.busy
  const error = saving.error ?? removing.error
  return (
    <form className="scard" aria-label="Sign-in by a provider" onSubmit={(event) => void save(event)}>
      <p>
        Register this console at the provider with the redirect address{' '}
        <code className="mono brk">{`${window.location.origin}${callbackPath}`}</code>
      </p>
      <div className="s3">
        <label className="fld">
          <span>Name on the button</span>
          <input className="inp" name="label" required maxLength={60} defaultValue={provider?.label ?? ''} placeholder="Example Inc." />
        </label>
        <label className="fld">
          <span>Address of the issuer</span>
          <input
            className="inp"
            name="issuer"
            type="url"
            required
            defaultValue={provider?.issuer ?? ''}
            placeholder="https://login.example.org"
          />
        </label>
        <label className="fld">
          <span>Client id</span>
          <input className="inp mono" name="clientId" required defaultValue={provider?.clientId ?? ''} autoComplete="off" />
        </label>
        <label className="fld">
          <span>Client secret</span>
          <input
            className="inp"
            name="clientSecret"
            type="password"
            required={!provider}
            autoComplete="new-password"
            placeholder={provider ? 'stays as it is' : ''}
          />
        </label>
        <label className="fld">
          <span>Only addresses of these domains</span>
          <input className="inp" name="domains" defaultValue={provider?.domains.join(', ') ?? ''} placeholder="all" />
        </label>
        <label className="fld">
          <span>Somebody whom nobody invited</span>
          <select className="inp" name="newcomers" defaultValue={provider?.newcomers ?? ''}>
            <option value="">is refused</option>
            <option value="viewer">comes as viewer</option>
            <option value="operator">comes as operator</option>
            <option value="lead">comes as lead</option>
          </select>
        </label>
      </div>
      <div className="phead">
        <button type="submit" className="btn p" disabled={busy}>
          {saving.busy ? 'Asking the provider…' : 'Save'}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Close
        </button>
        <span className="sp" />
        {provider ? (
          <button type="button" className="btn d" disabled={busy} onClick={() => void remove()}>
            End sign-in by the provider
          </button>
        ) : null}
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}
