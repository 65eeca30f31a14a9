'use client'
import { useQueryClient } from '@tanstack/react-query'
import { revokeSession } from '#app/actions.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import { useFocusKept } from '#lib/client/use-focus-kept.ts'
import { ErrorNote, Reading, Time } from '../parts.tsx'
import { browserText } from './browser-text.ts'

/** Where somebody is signed in, and a way to end that. */
export function SessionList({ person, currentSession }: { person: string; currentSession: string | null }) {
  const client = useQueryClient()
  const { data, error, refetch } = useRead('listSessions', { person })
  const list = useFocusKept()
  const { send, busy, error: failure } = useAction(revokeSession)
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (!data) return <Reading rows={2} />
  if (data.length === 0) return <p className="empty">Signed in nowhere.</p>
  const end = async (session: string) => {
    if (await send({ person, session })) await client.invalidateQueries()
  }
  return (
    <>
      <ul ref={list} tabIndex={-1} className="seslist" aria-label="Sessions">
        {data.map((session) => (
          <li key={session.id}>
            <div>
              <p>
                {browserText(session.browser)} {session.id === currentSession ? <span className="tag o">this browser</span> : null}
              </p>
              <p className="q">
                {session.address ? `From ${session.address}. ` : ''}Signed in <Time iso={session.createdAt} /> UTC, good until{' '}
                <Time iso={session.expiresAt} />.
              </p>
            </div>
            {session.id === currentSession ? null : (
              <button type="button" className="btn sm" disabled={busy} onClick={() => void end(session.id)}>
                Sign out
              </button>
            )}
          </li>
        ))}
      </ul>
      {failure ? <ErrorNote error={failure} /> : null}
    </>
  )
}
