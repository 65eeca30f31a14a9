'use client'
import { IconKey } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { makeToken } from '#app/actions.ts'
import { focusFirst } from '#lib/client/focus-first.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { Person } from '#lib/contracts/people.ts'
import { RIGHTS_OF, TOKEN_SCOPES } from '#lib/contracts/rights.ts'
import { ErrorNote, ICON } from '../parts.tsx'

type Scope = (typeof TOKEN_SCOPES)[number]
type WorkspaceId = `ws_${string}`

/** Makes a token and shows it this once. */
export function TokenForm({ person, onClose }: { person: Person; onClose(): void }) {
  const client = useQueryClient()
  const { data: workspaces } = useRead('listWorkspaces', {})
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [scope, setScope] = useState<Scope[]>(['list'])
  const [only, setOnly] = useState<WorkspaceId[]>([])
  const [made, setMade] = useState<string | null>(null)
  const { send, busy, error } = useAction(makeToken)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const answer = await send({ name, scope, workspaceIds: only.length === 0 ? null : only, days: Number(days) })
    if (!answer) return
    setMade(answer.token)
    await client.invalidateQueries()
  }
  if (made !== null) return <MadeToken token={made} onClose={onClose} />
  const named = person.workspaces.flatMap(({ role }) => (role === 'none' ? [] : [role]))
  const offered = TOKEN_SCOPES.filter((right) => [person.role, ...named].some((role) => RIGHTS_OF[role].includes(right)))
  return (
    <form ref={focusFirst} className="scard" aria-label="New token" onSubmit={(event) => void submit(event)}>
      <div className="s3">
        <label className="fld">
          <span>Name</span>
          <input
            className="inp"
            required
            maxLength={80}
            value={name}
            placeholder="nightly report"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="fld">
          <span>Good for so many days</span>
          <input className="inp" type="number" required min={1} max={366} value={days} onChange={(event) => setDays(event.target.value)} />
        </label>
      </div>
      <Choices legend="It may" all={offered.map((right) => ({ id: right, name: right }))} chosen={scope} onChange={setScope} />
      {workspaces && workspaces.length > 1 ? (
        <Choices
          legend="Only in these workspaces (none chosen = all that you see)"
          all={workspaces.map((one) => ({ id: one.id as WorkspaceId, name: one.name }))}
          chosen={only}
          onChange={setOnly}
        />
      ) : null}
      <div className="phead">
        <button type="submit" className="btn p" disabled={busy || scope.length === 0}>
          Make token
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Discard
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}

interface ChoicesProps<T extends string> {
  legend: string
  all: { id: T; name: string }[]
  chosen: T[]
  onChange(chosen: T[]): void
}

function Choices<T extends string>({ legend, all, chosen, onChange }: ChoicesProps<T>) {
  return (
    <fieldset className="evs">
      <legend>{legend}</legend>
      {all.map(({ id, name }) => (
        <label className="ck" key={id}>
          <input
            type="checkbox"
            checked={chosen.includes(id)}
            onChange={() => onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id])}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  )
}

function MadeToken({ token, onClose }: { token: string; onClose(): void }) {
  return (
    <div className="scard">
      <div className="note ok" role="status">
        <IconKey {...ICON} />
        <div>
          <p>
            <span className="b">This is the token.</span> It is not shown again. Send it as a header, never in an address:
          </p>
          <code className="mono brk">Authorization: Bearer {token}</code>
        </div>
      </div>
      <div className="phead">
        <button type="button" className="btn" onClick={onClose}>
          Done
        </button>
      </div>
    </div>
  )
}
