'use client'
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconLock } from '@tabler/icons-react'
import { useState } from 'react'
import { approveProposal, rejectProposal, resumeProposal } from '#app/actions.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { formatDay } from '#lib/client/format.ts'
import { useMay } from '#lib/client/person.tsx'
import { type ActionError, useAction } from '#lib/client/use-action.ts'
import type { Proposal } from '#lib/contracts/retention.ts'
import Link from '../link.tsx'
import { ErrorNote, ICON, SectionHead, Time } from '../parts.tsx'
import { grouped } from './propose-rail.tsx'

interface Props {
  proposal: Proposal
  trashDays: number
  /** Something was decided here; read again. */
  onDone: () => void
}

/** What is approved, the checks, and the decision. On a phone it comes before the detail. */
export function DecisionRail({ proposal, trashDays, onDone }: Props) {
  return (
    <aside className="rail" aria-label="Decision">
      {proposal.status === 'open' ? null : (
        <section aria-labelledby="rt-steps">
          <SectionHead id="rt-steps" title="Where it stands" />
          <Steps proposal={proposal} trashDays={trashDays} />
        </section>
      )}
      <section aria-labelledby="rt-what">
        <SectionHead id="rt-what" title={proposal.status === 'open' ? 'What you approve' : 'Digest'} />
        <p className="mono rt-dg" title={proposal.digest}>
          {grouped(proposal.digest)}
        </p>
        <p className="q">
          Exactly {proposal.forgetCount === 1 ? 'this archive' : `these ${formatCount(proposal.forgetCount)} archives`}. Any change to the
          list makes a new proposal.
        </p>
      </section>
      <Checks proposal={proposal} trashDays={trashDays} />
      {proposal.status === 'open' ? <Decide proposal={proposal} trashDays={trashDays} onDone={onDone} /> : null}
      {proposal.status === 'approved' ? <Resume proposal={proposal} onDone={onDone} /> : null}
    </aside>
  )
}

function Steps({ proposal, trashDays }: { proposal: Proposal; trashDays: number }) {
  const { proposedBy, proposedAt, decidedBy, decidedAt, decision, status, endedAt, endReason, jobId, workspaceId, breakGlass } = proposal
  return (
    <ol className="rt-st">
      <li>
        <p>
          Proposed by {proposedBy}, <Time iso={proposedAt} />
        </p>
      </li>
      {decidedBy && decidedAt ? (
        <li>
          <p>
            {status === 'rejected' ? 'Declined' : 'Approved'} by {decidedBy}, <Time iso={decidedAt} />
            {breakGlass ? <span className="tag warn">break-glass</span> : null}
          </p>
          {decision ? <p className="q">{decision}</p> : null}
        </li>
      ) : null}
      {endedAt && status !== 'rejected' ? (
        <li>
          <p>
            {END_WORD[status]} <Time iso={endedAt} />
          </p>
          {endReason ? <p className="q">{endReason}</p> : null}
          {status === 'applied' || status === 'failed' ? (
            <p className="q">
              The archives stay in{' '}
              <Link className="link" href={`/w/${workspaceId}/archives/trash`}>
                trash
              </Link>{' '}
              for {trashDays} days.
            </p>
          ) : null}
        </li>
      ) : null}
      {jobId ? (
        <li>
          <Link className="link" href={`/w/${workspaceId}/jobs/${jobId}`}>
            The job that applies it
          </Link>
        </li>
      ) : null}
    </ol>
  )
}

const END_WORD: Record<Proposal['status'], string> = {
  open: '',
  approved: '',
  rejected: 'Declined',
  applied: 'Applied',
  expired: 'Expired',
  void: 'Void since',
  failed: 'Applied in part',
}

type Check = ['ok' | 'bad' | 'hold' | 'warn', string, string?]
const CHECK_LOOK = {
  ok: { Icon: IconCircleCheck, word: 'Fine' },
  bad: { Icon: IconCircleX, word: 'Not fine' },
  hold: { Icon: IconLock, word: 'Kept' },
  warn: { Icon: IconAlertTriangle, word: 'To know' },
} as const
/** Fewer proven archives than this are worth a word. */
const LEAST_PROVEN = 3

function checksOf({ plan, may, status, secondPerson }: Proposal, trashDays: number): Check[] {
  const kept = plan.archives.filter(({ keep }) => keep)
  const proven = kept.filter(({ grade }) => (grade ?? 0) >= 3).length
  const good = kept.find(({ vetoes }) => vetoes.includes('known-good'))
  const vetoed = kept.filter(({ slots }) => slots.length === 0).length
  const isWaiting = status === 'open'
  return [
    ...(isWaiting || status === 'void'
      ? [[isWaiting ? 'ok' : 'bad', isWaiting ? 'Archives unchanged since it was proposed' : 'The archives or the policy changed'] as Check]
      : []),
    ...(isWaiting && secondPerson
      ? [
          [
            may.breakGlass ? 'bad' : 'ok',
            may.breakGlass ? 'You proposed it: somebody else has to approve' : 'You did not propose it',
          ] as Check,
        ]
      : []),
    [
      proven >= LEAST_PROVEN ? 'ok' : 'warn',
      `${plural(proven, 'archive')} at L3 or better ${proven === 1 ? 'stays' : 'stay'}`,
      proven >= LEAST_PROVEN ? undefined : 'Verify more before less is kept',
    ],
    good ? ['ok', `Last known good, ${formatDay(good.createdAt)}, stays`] : ['warn', 'No archive is known to be good'],
    ...(vetoed > 0 ? [['hold', `${plural(vetoed, 'archive')} ${vetoed === 1 ? 'stays' : 'stay'} whatever the windows say`] as Check] : []),
    lostCheck(plan.lost, trashDays),
  ]
}

function lostCheck(lost: Proposal['plan']['lost'], trashDays: number): Check {
  if (lost === null) return ['warn', 'What is found nowhere else is unknown']
  if (lost.versions === 0) return ['ok', 'Everything in them is in another archive, too']
  return [
    'warn',
    `${plural(lost.versions, 'file version')} ${lost.versions === 1 ? 'exists' : 'exist'} nowhere else`,
    `They stay in trash for ${trashDays} days`,
  ]
}

function Checks({ proposal, trashDays }: { proposal: Proposal; trashDays: number }) {
  const checks = checksOf(proposal, trashDays)
  return (
    <section aria-labelledby="rt-checks">
      <SectionHead id="rt-checks" title="Checks" aside={`${checks.filter(([tone]) => tone !== 'bad').length} of ${checks.length}`} />
      <ul className="checks">
        {checks.map(([tone, text, more]) => {
          const { Icon, word } = CHECK_LOOK[tone]
          return (
            <li key={text}>
              <span className={tone}>
                <Icon {...ICON} />
                <span className="vh">{word}</span>
              </span>
              <div>
                <p>{text}</p>
                {more ? <p className="q">{more}</p> : null}
              </div>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function Decide({ proposal, trashDays, onDone }: Props) {
  const { id, may, plan, digest, forgetCount, workspace } = proposal
  const approving = useAction(approveProposal)
  const rejecting = useAction(rejectProposal)
  const [reason, setReason] = useState('')
  const [name, setName] = useState('')
  const said = reason.trim()
  const busy = approving.busy || rejecting.busy
  const isTyped = !plan.needsConfirmation || name.trim() === workspace
  const approve = async (breakGlass: boolean) => {
    const typed = plan.needsConfirmation ? { confirmName: name.trim() } : {}
    const sent = await approving.send({
      proposal: id,
      digest,
      ...(said ? { reason: said } : {}),
      ...typed,
      ...(breakGlass ? { breakGlass } : {}),
    })
    if (sent) onDone()
  }
  const reject = async () => {
    if (await rejecting.send({ proposal: id, reason: said })) onDone()
  }
  const label = forgetCount === 0 ? 'Approve this policy' : `Approve, move ${forgetCount} to trash`
  const error: ActionError | null = approving.error ?? rejecting.error
  return (
    <section className="decide rt-dec" aria-label="Your decision">
      {may.why ? <p className="hold">{may.why}</p> : null}
      <label className="fld">
        <span>Note for the audit log</span>
        <textarea className="inp" rows={2} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      </label>
      {plan.needsConfirmation ? (
        <label className="fld">
          <span>
            More than half of the archives go: type <b>{workspace}</b>
          </span>
          <input className="inp" value={name} autoComplete="off" onChange={(event) => setName(event.target.value)} />
        </label>
      ) : null}
      <div className="bt">
        <button
          type="button"
          className="btn p lg"
          disabled={!may.approve || busy || !isTyped}
          title={may.why ?? undefined}
          onClick={() => void approve(false)}
        >
          {approving.busy ? 'Approving…' : label}
        </button>
        <button
          type="button"
          className="btn lg"
          disabled={!may.reject || busy || said === ''}
          title={!may.reject ? (may.why ?? undefined) : said === '' ? 'Say why first' : undefined}
          onClick={() => void reject()}
        >
          Decline
        </button>
      </div>
      {may.breakGlass ? (
        <details className="rt-bg">
          <summary>It cannot wait for somebody else</summary>
          <p className="q">Break-glass: you approve your own proposal. The reason is written to the audit log, and the proposal says so.</p>
          <button
            type="button"
            className="btn d"
            disabled={busy || !isTyped || said === ''}
            title={said === '' ? 'Say why first' : undefined}
            onClick={() => void approve(true)}
          >
            Approve alone, move {forgetCount} to trash
          </button>
        </details>
      ) : null}
      {error ? <ErrorNote error={error} again={onDone} /> : null}
      <p className="q">
        Nothing is erased for {trashDays} days{plan.reclaimBytes === null ? '' : `; ${formatBytes(plan.reclaimBytes)} come free then`}.
      </p>
    </section>
  )
}

function Resume({ proposal, onDone }: { proposal: Proposal; onDone: () => void }) {
  const may = useMay('approve')
  const { send, busy, error } = useAction(resumeProposal)
  return (
    <section className="decide" aria-label="Apply it">
      <p className="q">
        It is approved. Where its job ended without having done anything, start it again; it applies exactly this plan or nothing.
      </p>
      <button
        type="button"
        className="btn"
        disabled={!may || busy}
        title={may ? undefined : 'Needs a lead'}
        onClick={() => void send({ proposal: proposal.id }).then((sent) => sent && onDone())}
      >
        Apply it again
      </button>
      {error ? <ErrorNote error={error} /> : null}
    </section>
  )
}
