'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { revokeToken } from '#app/actions.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import { useFocusKept } from '#lib/client/use-focus-kept.ts'
import type { ApiToken, Person } from '#lib/contracts/people.ts'
import { ErrorNote, SectionHead, Time } from '../parts.tsx'
import { TokenForm } from './token-form.tsx'

/** Tokens for programs that use the API. */
export function TokenSection({ tokens, person }: { tokens: ApiToken[]; person: Person }) {
  const [isMaking, setMaking] = useState(false)
  const list = useFocusKept()
  return (
    <>
      <SectionHead id="tokens" title="Tokens for programs">
        <span className="sp" />
        <button type="button" className="btn p sm" disabled={isMaking} onClick={() => setMaking(true)}>
          Make token
        </button>
      </SectionHead>
      {isMaking ? <TokenForm person={person} onClose={() => setMaking(false)} /> : null}
      {tokens.length === 0 && !isMaking ? (
        <p className="empty">None. A token lets a program use the API as you, with no more rights than you give it.</p>
      ) : null}
      <div ref={list} tabIndex={-1}>
        {tokens.map((token) => (
          <TokenRow key={token.id} token={token} />
        ))}
      </div>
    </>
  )
}

function TokenRow({ token }: { token: ApiToken }) {
  const client = useQueryClient()
  const { data: workspaces } = useRead('listWorkspaces', {})
  const { send, busy, error } = useAction(revokeToken)
  const revoke = async () => {
    if (await send({ token: token.id as `tok_${string}` })) await client.invalidateQueries()
  }
  const isOver = Date.parse(token.expiresAt) <= Date.now()
  const where = token.workspaceIds?.map((id) => workspaces?.find((one) => one.id === id)?.name ?? id).join(', ')
  return (
    <article className="chan" aria-label={`Token ${token.name}`}>
      <div>
        <h3>
          {token.name} {isOver ? <span className="tag bad">over</span> : null}
        </h3>
        <p className="q">
          {token.scope.join(', ')}
          {where ? `; only ${where}` : ''}
        </p>
        <p className="q">
          {token.lastUsedAt ? (
            <>
              Last used <Time iso={token.lastUsedAt} /> UTC;{' '}
            </>
          ) : (
            'Never used; '
          )}
          good until <Time iso={token.expiresAt} /> UTC.
        </p>
      </div>
      <div className="acts">
        <button type="button" className="btn sm" disabled={busy} onClick={() => void revoke()} aria-label={`Revoke ${token.name}`}>
          Revoke
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </article>
  )
}
