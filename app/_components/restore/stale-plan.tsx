'use client'
import { useEffect, useState } from 'react'
import { plural } from '#lib/base/plural.ts'
import { callApi } from '#lib/client/api.ts'
import type { RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { ErrorNote, Reading, SectionHead } from '../parts.tsx'
import { planDifferences } from './plan-difference.ts'

interface Props {
  request: RestoreRequest
  /** The plan that was agreed to; null when it was reviewed in another tab or before a reload. */
  reviewed: RestorePlan | null
  onFresh: () => void
}

const SHOWN = 12

/** After a restore that refused to run on an old plan: what moved on meanwhile, and the fresh plan one click away. */
export function StalePlan({ request, reviewed, onFresh }: Props) {
  const [fresh, setFresh] = useState<RestorePlan | null>(null)
  const [error, setError] = useState<Error | null>(null)
  const asked = JSON.stringify(request)
  useEffect(() => {
    const input = JSON.parse(asked) as RestoreRequest
    const leaving = new AbortController()
    callApi('planRestore', input, leaving.signal)
      .then(setFresh)
      .catch((failure: Error) => {
        if (!leaving.signal.aborted) setError(failure)
      })
    return () => leaving.abort()
  }, [asked])
  const found = fresh && reviewed ? planDifferences(reviewed, fresh) : null
  return (
    <section className="stack" aria-labelledby="moved">
      <SectionHead id="moved" title="What changed since the plan you reviewed" aside={found ? plural(found.length, 'path') : undefined} />
      {error ? <ErrorNote error={error} /> : null}
      {fresh || error ? null : <Reading rows={2} what="Planning again…" />}
      {found && found.length > 0 ? (
        <ul className="diffs">
          {found.slice(0, SHOWN).map(({ targetPath, what }) => (
            <li key={targetPath}>
              <span className="mono b brk">{targetPath}</span> {what}
            </li>
          ))}
          {found.length > SHOWN ? <li className="q">{plural(found.length - SHOWN, 'more path')}</li> : null}
        </ul>
      ) : null}
      {found?.length === 0 ? <p className="s">Nothing that the plan shows differs now: it moved on and came back.</p> : null}
      {fresh && reviewed === null ? (
        <p className="s">The plan that was reviewed is not at hand here. The fresh one shows how things stand now.</p>
      ) : null}
      <div className="fx wrap">
        <button type="button" className="btn p lg" disabled={!fresh} onClick={onFresh}>
          Review the fresh plan
        </button>
      </div>
    </section>
  )
}
