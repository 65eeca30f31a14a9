'use client'
import { useState } from 'react'
import { proposeRetention, setRetention } from '#app/actions.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { PolicyDraft, ProposalSummary, RetentionPlan, RetentionRules } from '#lib/contracts/retention.ts'
import Link from '../link.tsx'
import { ErrorNote, SectionHead, Time } from '../parts.tsx'
import { policyChanges } from './retention-draft.ts'

interface Props {
  rules: RetentionRules
  draft: PolicyDraft
  plan: RetentionPlan | null
  /** Another plan is on its way: what is shown must not be proposed. */
  isReading: boolean
  onReset: () => void
  onProposed: (id: string) => void
  onSaved: () => void
  onAgain: () => void
}

/** What waits, what would be proposed, and the buttons that do it. */
export function ProposeRail({ rules, draft, plan, isReading, onReset, onProposed, onSaved, onAgain }: Props) {
  const mayPropose = useMay('propose')
  const maySet = useMay('settings')
  const proposing = useAction(proposeRetention)
  const saving = useAction(setRetention)
  const [note, setNote] = useState('')
  const proposals = useRead('listProposals', { workspace: rules.workspaceId, limit: 20 }).data?.rows
  const open = proposals?.find(({ status }) => status === 'open' || status === 'approved')
  const changes = policyChanges(rules.policy, { ...rules.policy, ...draft })
  const forgets = plan?.forgetCount ?? 0
  const hasWork = forgets > 0 || changes.length > 0
  const propose = async () => {
    if (!plan) return
    const made = await proposing.send({
      workspaceId: rules.workspaceId,
      draft,
      digest: plan.digest,
      ...(note.trim() ? { note: note.trim() } : {}),
    })
    if (made) onProposed(made.id)
  }
  const save = async () => {
    if (await saving.send({ workspaceId: rules.workspaceId, policy: draft })) onSaved()
  }
  return (
    <aside className="rail" aria-label="Proposal">
      {open ? <Waiting proposal={open} /> : null}
      <section aria-labelledby="rt-next">
        <SectionHead id="rt-next" title={changes.length > 0 ? 'Draft' : 'Plan'} />
        <p>{summaryOf(plan, rules)}</p>
        {changes.length > 0 ? (
          <ul className="rt-chg">
            {changes.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
        ) : null}
        {plan?.needsConfirmation ? (
          <p className="warn">More than half of the archives would go: whoever approves has to type the workspace’s name.</p>
        ) : null}
        {plan ? (
          <p className="mono rt-dg" title={plan.digest}>
            {grouped(plan.digest)}
          </p>
        ) : null}
      </section>
      <section className="decide" aria-label="What to do with it">
        <label className="fld">
          <span>Note for who approves</span>
          <input className="inp" value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
        </label>
        <button
          type="button"
          className={`btn lg w ${open ? '' : 'p'}`}
          disabled={!mayPropose || !plan || !hasWork || isReading || proposing.busy}
          title={mayPropose ? undefined : 'Needs an operator'}
          onClick={() => void propose()}
        >
          {proposing.busy ? 'Measuring…' : hasWork ? proposeLabel(forgets) : 'Nothing to propose'}
        </button>
        {proposing.error ? (
          <ErrorNote error={proposing.error} {...(proposing.error.code === 'plan_stale' ? { again: onAgain } : {})} />
        ) : null}
        {changes.length > 0 ? (
          <div className="fx wrap">
            <button
              type="button"
              className="btn"
              disabled={!maySet || saving.busy}
              title={maySet ? undefined : 'Needs an admin; or propose it to a lead'}
              onClick={() => void save()}
            >
              Save policy only
            </button>
            <button type="button" className="btn g" onClick={onReset}>
              Back to what holds
            </button>
          </div>
        ) : null}
        {saving.error ? <ErrorNote error={saving.error} /> : null}
        <p className="q">
          {rules.settings.secondPerson ? 'Somebody else has to approve it. ' : 'A lead approves it. '}
          Then {rules.trashDays} days in trash, from where it comes back with one click.
        </p>
      </section>
    </aside>
  )
}

const proposeLabel = (forgets: number) => (forgets === 0 ? 'Propose this policy' : `Propose, move ${forgets} to trash`)

function summaryOf(plan: RetentionPlan | null, rules: RetentionRules): string {
  if (!plan) return 'Reading…'
  if (plan.archives.length === 0) return 'No archives yet.'
  if (plan.forgetCount === 0) return `All ${plural(plan.keepCount, 'archive')} of ${rules.workspace} stay.`
  const frees = plan.reclaimBytes === null ? '' : `, which frees ${formatBytes(plan.reclaimBytes)}`
  return `${plural(plan.forgetCount, 'archive')} of ${plan.archives.length} would move to trash${frees}.`
}

function Waiting({ proposal: open }: { proposal: ProposalSummary }) {
  return (
    <section aria-labelledby="rt-waits">
      <SectionHead id="rt-waits" title={open.status === 'open' ? 'Waiting for a lead' : 'Being applied'} />
      <p>
        {open.id} by {open.proposedBy}: {plural(open.forgetCount, 'archive')} to trash, expires <Time iso={open.expiresAt} />.
      </p>
      <Link className="btn p" href={`/w/${open.workspaceId}/retention/${open.id}`}>
        Review {open.id}
      </Link>
      {open.status === 'open' ? <p className="q">One waits at a time: a new proposal takes its place.</p> : null}
    </section>
  )
}

/** A digest in groups of four, the first 32 digits. */
export const grouped = (digest: string): string => (digest.slice(0, 32).match(/.{4}/g) ?? []).join(' ')
