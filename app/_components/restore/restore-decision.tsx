'use client'
import { useState } from 'react'
import { plural } from '#lib/base/plural.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { ActionError } from '#lib/client/use-action.ts'
import type { RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { ErrorNote } from '../parts.tsx'
import { touchedItems, whyNot } from './plan-counts.ts'
import { PlanFacts } from './plan-facts.tsx'
import { TypeName } from './type-name.tsx'

interface Props {
  workspaceId: `ws_${string}`
  plan: RestorePlan
  request: RestoreRequest
  name: string
  root: string
  busy: boolean
  error: ActionError | null
  onStart: (typed: { confirmName?: string; breakGlass?: string }) => void
  onAsk: (note: string) => void
  onPlanAgain: () => void
  onDiscard: () => void
}

/** The plan, its checks, and the one red button; or, where the workspace asks for a second person, the question to a lead. */
export function RestoreDecision(props: Props) {
  const { workspaceId, plan, request, root, error, onPlanAgain, onDiscard } = props
  const isInPlace = request.target === null
  const rules = useRead('restoreRules', { workspace: workspaceId }, { enabled: isInPlace })
  const isKnown = !isInPlace || rules.data !== undefined
  return (
    <aside className="rail" aria-label="Decision">
      <PlanFacts workspaceId={workspaceId} plan={plan} request={request} root={root} onPlanAgain={onPlanAgain} />
      <section className="decide">
        {rules.error ? <ErrorNote error={rules.error} again={() => void rules.refetch()} /> : null}
        {isKnown && !rules.data?.secondPerson ? <Alone {...props} /> : null}
        {rules.data?.secondPerson ? <AskSecond {...props} /> : null}
        <button type="button" className="btn w" onClick={onDiscard}>
          Change what is restored
        </button>
        {error ? <ErrorNote error={error} /> : null}
      </section>
    </aside>
  )
}

function Alone({ plan, request, name, busy, onStart }: Props) {
  const may = useMay('restore')
  const [typed, setTyped] = useState('')
  const isInPlace = request.target === null
  const touched = touchedItems(plan)
  const isTyped = !isInPlace || typed === name
  const why = may ? (whyNot(plan) ?? (isTyped ? undefined : 'Type the name first')) : 'Your role may not restore'
  return (
    <>
      {isInPlace ? <TypeName name={name} value={typed} onChange={setTyped} /> : null}
      <button
        type="button"
        className={`btn lg w ${isInPlace ? 'd' : 'p'}`}
        disabled={why !== undefined || busy}
        title={why}
        onClick={() => onStart(isInPlace ? { confirmName: typed } : {})}
      >
        {!isInPlace
          ? `Restore to ${request.target}`
          : touched === 0
            ? 'Nothing to replace'
            : `Replace ${plural(touched, 'item')} in ${name}`}
      </button>
    </>
  )
}

function AskSecond({ plan, name, busy, onStart, onAsk }: Props) {
  const may = useMay('restore')
  const [note, setNote] = useState('')
  const [typed, setTyped] = useState('')
  const said = note.trim()
  const why = may ? whyNot(plan) : 'Your role may not restore'
  const whyAlone = why ?? (said === '' ? 'Say why first' : typed === name ? undefined : 'Type the name first')
  return (
    <>
      <p className="hold">{name} asks for a second person before its items are replaced.</p>
      <label className="fld">
        <span>What for</span>
        <textarea className="inp ta" rows={2} value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
      </label>
      <button type="button" className="btn lg w p" disabled={why !== undefined || busy} title={why} onClick={() => onAsk(said)}>
        Ask a lead to approve this plan
      </button>
      <details className="alone">
        <summary>It cannot wait for somebody else</summary>
        <p className="q">Break-glass: you replace them alone. What it is for is written to the audit log.</p>
        <TypeName name={name} value={typed} onChange={setTyped} />
        <button
          type="button"
          className="btn w d"
          disabled={whyAlone !== undefined || busy}
          title={whyAlone}
          onClick={() => onStart({ confirmName: typed, breakGlass: said })}
        >
          Replace {plural(touchedItems(plan), 'item')} in {name} alone
        </button>
      </details>
    </>
  )
}
