'use client'
import { useRead } from '#lib/client/queries.ts'
import { ErrorNote, Reading, SectionHead } from '../parts.tsx'
import { accessText } from '../people/access-words.ts'
import { SettingsTabs } from '../settings/settings-tabs.tsx'
import { PasswordForm } from './password-form.tsx'
import { SessionList } from './session-list.tsx'
import { TokenSection } from './token-section.tsx'
import { TwoStepSection } from './two-step-section.tsx'
import '../settings/settings.css'
import '../people/people.css'

/** One's own second step, password, sessions and tokens. */
export function AccountView({ sessionId }: { sessionId: string }) {
  const { data, error, refetch } = useRead('account', {})
  const { data: workspaces } = useRead('listWorkspaces', {})
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>Account</h1>
      </div>
      <SettingsTabs />
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={5} /> : null}
      {data ? (
        <>
          <p>
            {data.person.name}, {data.person.email}. <span className="q">{accessText(data.person, workspaces ?? [])}</span>
          </p>
          <section aria-labelledby="tokens">
            <TokenSection tokens={data.tokens} person={data.person} />
          </section>
          <section aria-labelledby="sessions">
            <SectionHead id="sessions" title="Signed in" />
            <SessionList person={data.person.id} currentSession={sessionId} />
          </section>
          {data.person.hasPassword ? (
            <>
              <section aria-labelledby="two-step">
                <TwoStepSection key={String(data.person.twoStep)} person={data.person} />
              </section>
              <section aria-labelledby="password">
                <SectionHead id="password" title="Password" />
                <PasswordForm email={data.person.email} />
              </section>
            </>
          ) : (
            <p className="q">You sign in by the provider, with no password of this console. An admin can make a link for one.</p>
          )}
        </>
      ) : null}
    </div>
  )
}
