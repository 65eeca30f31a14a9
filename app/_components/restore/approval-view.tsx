'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { approveRestore, rejectRestore } from '#app/actions.ts'
import { plural } from '#lib/base/plural.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import type { RestoreApproval } from '#lib/contracts/restore-approval.ts'
import Link from '../link.tsx'
import { ErrorNote, Reading, SectionHead, Time } from '../parts.tsx'
import { touchedItems, whyNot } from './plan-counts.ts'
import { Check, PlanFacts } from './plan-facts.tsx'
import { PlanReview } from './plan-review.tsx'
import { reviewHref } from './restore-address.ts'
import { RestoreRun } from './restore-run.tsx'
import { TypeName } from './type-name.tsx'
import './restore.css'

interface Props {
  workspaceId: `ws_${string}`
  approvalId: string
  name: string
  root: string
}

/** A restore in place as another person reviews and decides it: the plan as it stands now, held against the one that was asked for. */
export function ApprovalView({ workspaceId, approvalId, name, root }: Props) {
  const client = useQueryClient()
  const { data: approval, error, refetch } = useRead('getRestoreApproval', { approval: approvalId }, { refetchInterval: 10_000 })
  const isOpen = approval?.status === 'open'
  const planning = useRead('planRestore', approval?.request ?? NOTHING, {
    enabled: isOpen,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: 'always',
  })
  const onDone = () => client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'planRestore' })
  if (!approval) {
    return (
      <div className="page">
        <h1>Restore {approvalId}</h1>
        {error ? <ErrorNote error={error} again={() => void refetch()} /> : <Reading rows={6} />}
      </div>
    )
  }
  if (!isOpen) return <Ended approval={approval} />
  const plan = planning.isFetching ? null : (planning.data ?? null)
  if (!plan) {
    return (
      <div className="page">
        <Asked approval={approval} />
        <h1>{planning.error ? 'This restore cannot be planned' : 'Planning…'}</h1>
        {planning.error ? <ErrorNote error={planning.error} again={() => void planning.refetch()} /> : <Reading rows={6} />}
      </div>
    )
  }
  const isSame = plan.digest === approval.digest
  return (
    <PlanReview plan={plan} request={approval.request} name={name} head={<Asked approval={approval} />} isAsked>
      <aside className="rail" aria-label="Decision">
        <Decide approval={approval} plan={plan} isSame={isSame} onDone={() => void onDone()} />
        <PlanFacts workspaceId={workspaceId} plan={plan} request={approval.request} root={root} onPlanAgain={() => void planning.refetch()}>
          <Check ok={approval.may.approve || approval.may.why === 'Needs a lead.'}>
            {approval.may.reject && !approval.may.approve ? 'You asked for it: somebody else has to approve' : 'You did not ask for it'}
          </Check>
          <Check ok={isSame}>
            {isSame ? `The plan that ${approval.askedBy} reviewed` : `Not the plan that ${approval.askedBy} reviewed: live files moved on`}
          </Check>
        </PlanFacts>
      </aside>
    </PlanReview>
  )
}

const NOTHING: RestoreRequest = { archiveId: 'arc_000000000000000000000000', paths: [], target: null, exact: false }

function Asked({ approval: { id, askedBy, askedAt, expiresAt, note } }: { approval: RestoreApproval }) {
  return (
    <p className="hold">
      {id}: {askedBy} asks for it, <Time iso={askedAt} />
      {note ? <b> “{note}”</b> : null}, expires <Time iso={expiresAt} />
    </p>
  )
}

interface DecideProps {
  approval: RestoreApproval
  plan: RestorePlan
  isSame: boolean
  onDone: () => void
}

function Decide({ approval, plan, isSame, onDone }: DecideProps) {
  const { id, may, workspace, digest, request, workspaceId } = approval
  const approving = useAction(approveRestore)
  const rejecting = useAction(rejectRestore)
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const said = reason.trim()
  const busy = approving.busy || rejecting.busy
  const why = may.why ?? (isSame ? whyNot(plan) : 'It is another plan by now') ?? (typed === workspace ? undefined : 'Type the name first')
  const error = approving.error ?? rejecting.error
  const approve = async () => {
    if (await approving.send({ approval: id, digest, confirmName: typed, ...(said ? { reason: said } : {}) })) onDone()
  }
  const reject = async () => {
    if (await rejecting.send({ approval: id, reason: said })) onDone()
  }
  return (
    <section className="decide" aria-label="Your decision">
      {may.why ? <p className="hold">{may.why}</p> : null}
      {isSame ? null : (
        <p className="warn">
          Live files moved on since.{' '}
          <Link className="link" href={reviewHref(workspaceId, request)}>
            Review it as it is now
          </Link>{' '}
          and ask again.
        </p>
      )}
      <label className="fld">
        <span>Note for the audit log</span>
        <textarea className="inp ta" rows={2} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      </label>
      {may.approve && isSame ? <TypeName name={workspace} value={typed} onChange={setTyped} /> : null}
      <button
        type="button"
        className="btn lg w d"
        disabled={!may.approve || why !== undefined || busy}
        title={why}
        onClick={() => void approve()}
      >
        {approving.busy ? 'Starting…' : `Approve, replace ${plural(touchedItems(plan), 'item')} in ${workspace}`}
      </button>
      <button
        type="button"
        className="btn w"
        disabled={!may.reject || busy || said === ''}
        title={may.reject ? (said === '' ? 'Say why first' : undefined) : (may.why ?? undefined)}
        onClick={() => void reject()}
      >
        {may.approve ? 'Decline' : 'Take it back'}
      </button>
      {error ? <ErrorNote error={error} again={onDone} /> : null}
      <p className="q">What is there now goes into a safety archive first, and the restore can be undone for 7 days.</p>
    </section>
  )
}

const WORDS: Record<RestoreApproval['status'], string> = {
  open: 'Waiting for a lead',
  started: 'Approved',
  rejected: 'Declined',
  expired: 'Expired',
  void: 'Void',
}

/** How it ended; and the restore itself, where it was approved. */
function Ended({ approval }: { approval: RestoreApproval }) {
  const { id, status, workspaceId, request, askedBy, askedAt, note, decidedBy, decidedAt, decision, endReason, jobId } = approval
  return (
    <div className="page rsp">
      <section aria-labelledby="ended">
        <SectionHead id="ended" title={`${id}: ${WORDS[status].toLowerCase()}`} />
        <ol className="stack">
          <li>
            Asked for by {askedBy}, <Time iso={askedAt} />
            {note ? <p className="q">{note}</p> : null}
          </li>
          {decidedBy && decidedAt ? (
            <li>
              {WORDS[status]} by {decidedBy}, <Time iso={decidedAt} />
              {decision ? <p className="q">{decision}</p> : null}
            </li>
          ) : null}
          {endReason ? <li>{endReason}</li> : null}
        </ol>
      </section>
      {jobId ? (
        <RestoreRun
          workspaceId={workspaceId}
          jobId={jobId}
          request={request}
          reviewed={null}
          onFresh={(asked) => window.location.assign(reviewHref(workspaceId, asked))}
          onAgain={() => window.location.assign(`/w/${workspaceId}/restore`)}
        />
      ) : (
        <Link className="btn" href={reviewHref(workspaceId, request)}>
          Review it as it is now
        </Link>
      )}
    </div>
  )
}
