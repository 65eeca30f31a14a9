'use client'
import { IconAlertTriangle, IconCheck, IconCircleCheck, IconRefresh } from '@tabler/icons-react'
import { type ReactNode, useEffect, useState } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { useMay } from '#lib/client/person.tsx'
import type { ActionError } from '#lib/client/use-action.ts'
import type { OffloadPlan, OffloadPolicy } from '#lib/contracts/disk.ts'
import { ErrorNote, ICON, SectionHead } from '../parts.tsx'

interface Props {
  plan: OffloadPlan | null
  policy: OffloadPolicy
  /** Another plan is on its way: what is shown must not be started. */
  isReading: boolean
  busy: boolean
  error: ActionError | null
  onPolicy: (change: Record<string, string | null>) => void
  onStart: () => void
  onAgain: () => void
}

/** The policy, what happens, the checks, and the button. */
export function OffloadRail({ plan, policy, isReading, busy, error, onPolicy, onStart, onAgain }: Props) {
  return (
    <aside className="rail" aria-label="Offload plan">
      <PolicyForm policy={policy} onPolicy={onPolicy} />
      {plan && plan.totals.files > 0 ? <WhatHappens plan={plan} /> : null}
      {plan ? <Checks plan={plan} /> : null}
      <section className="decide">
        <StartButton plan={plan} isReading={isReading} busy={busy} onStart={onStart} />
        {error ? <ErrorNote error={error} {...(error.code === 'plan_stale' ? { again: onAgain } : {})} /> : null}
        <p className="q">Needs no lead. Restoring the offload archive in place brings the files back; only a lead can release its hold.</p>
        <button type="button" className="btn sm g" onClick={onAgain}>
          <IconRefresh {...ICON} />
          Look again
        </button>
      </section>
    </aside>
  )
}

function PolicyForm({ policy, onPolicy }: Pick<Props, 'policy' | 'onPolicy'>) {
  return (
    <section aria-labelledby="dpolicy">
      <SectionHead id="dpolicy" title="Offload logs that are" />
      <div className="dk-rule">
        <Rule
          name="days"
          value={policy.olderThanDays}
          onPolicy={onPolicy}
          label="Logs older than, in days"
          before="older than"
          after="days"
        />
        <Rule
          name="in"
          value={policy.inArchives === 0 ? null : policy.inArchives}
          onPolicy={onPolicy}
          label="In at least so many archives at L3 or better"
          before="in at least"
          after={
            <>
              archives at <span className="tag">L3 or better</span>
            </>
          }
        />
        <p className="s">
          <IconCheck {...ICON} /> not open in any process
        </p>
      </div>
      <p className="b">Packs leave, except</p>
      <div className="dk-rule">
        <Rule name="packs" value={policy.keepPacks} onPolicy={onPolicy} label="Newest packs that stay" before="the newest" />
        <Rule
          name="packDays"
          value={policy.keepPackDays}
          onPolicy={onPolicy}
          label="Packs younger than so many days stay"
          before="those younger than"
          after="days"
        />
        <p className="q">With neither given, all packs stay.</p>
      </div>
    </section>
  )
}

const SETTLE_MS = 500

interface RuleProps {
  name: string
  value: number | null
  label: string
  onPolicy: Props['onPolicy']
  /** Words around the field. */
  before: ReactNode
  after?: ReactNode
}

/** A number in a sentence; it counts once nothing was typed for a moment. */
function Rule({ name, value, label, onPolicy, before, after }: RuleProps) {
  const given = value === null ? '' : String(value)
  const [typed, setTyped] = useState(given)
  useEffect(() => {
    if (typed === given || !/^\d{0,6}$/.test(typed)) return
    const timer = setTimeout(() => onPolicy({ [name]: typed === '' ? null : typed }), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [typed, given, name, onPolicy])
  return (
    <div>
      {before}
      <input
        className="inp"
        inputMode="numeric"
        aria-label={label}
        value={typed}
        placeholder="-"
        onChange={(event) => setTyped(event.target.value.trim())}
      />
      {after}
    </div>
  )
}

function WhatHappens({ plan: { totals, repository } }: { plan: OffloadPlan }) {
  const steps = [
    ['Archive them together', `At most ${formatBytes(repository.neededBytes)} new in ${repository.path}, held until a lead releases it`],
    ['Verify to L3, every byte', 'Nothing is deleted before this passes'],
    ['Check each file is unchanged', 'A file that grew or was opened is left alone'],
    ['Delete from the live disk', `${plural(totals.files, 'file')}, ${formatBytes(totals.bytes)}`],
  ]
  return (
    <section aria-labelledby="dsteps">
      <SectionHead id="dsteps" title="What happens" />
      <ol>
        {steps.map(([title, detail], i) => (
          <li key={title}>
            <span className="dot" aria-hidden="true">
              {i + 1}
            </span>
            <div>
              <p>{title}</p>
              <p className="q brk">{detail}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Checks({ plan: { repository, unseenProcesses, totals, stays } }: { plan: OffloadPlan }) {
  const { freeBytes, neededBytes } = repository
  const fits = freeBytes === null || freeBytes > neededBytes
  const checks: [boolean, string][] = [
    [fits, `${formatBytes(freeBytes)} free for the archive, at most ${formatBytes(neededBytes)} needed`],
    [unseenProcesses === 0, openText(unseenProcesses, stays.open.files)],
    [
      totals.onlyCopyFiles === 0,
      totals.onlyCopyFiles === 0
        ? 'Every file is in an archive at L3 or better'
        : `The offload archive becomes the only proven copy of ${plural(totals.onlyCopyFiles, 'file')}`,
    ],
  ]
  return (
    <section aria-labelledby="dchecks">
      <SectionHead id="dchecks" title="Checks" aside={`${checks.filter(([isFine]) => isFine).length} of ${checks.length}`} />
      <ul className="checks">
        {checks.map(([isFine, text]) => (
          <li key={text}>
            <span className={isFine ? 'ok' : 'warn'}>
              {isFine ? <IconCircleCheck {...ICON} /> : <IconAlertTriangle {...ICON} />}
              <span className="vh">{isFine ? 'Fine' : 'To know'}</span>
            </span>
            <p>{text}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}

function openText(unseen: number | null, open: number): string {
  if (unseen === null) return 'Which files are open cannot be seen on this system'
  if (unseen > 0) return `${plural(unseen, 'process', 'processes')} could not be looked into; their open files are unknown`
  return open === 0 ? 'No process holds an old file open' : `${plural(open, 'open file')} found, and left alone`
}

function StartButton({ plan, isReading, busy, onStart }: Pick<Props, 'plan' | 'isReading' | 'busy' | 'onStart'>) {
  const may = useMay('offload')
  const files = plan?.totals.files ?? 0
  const what = plan && files > 0 ? kindOf(plan) : 'old files'
  const label = plan && files > 0 ? `Offload ${formatCount(files)} ${what}, ${winOf(plan)}` : plan ? 'Nothing to offload' : 'Reading…'
  return (
    <button
      type="button"
      className="btn p lg w"
      disabled={!may || files === 0 || isReading || busy}
      title={may ? undefined : 'Needs an operator'}
      onClick={onStart}
    >
      {busy ? 'Starting…' : label}
    </button>
  )
}

/** `log files`, `packs`, or `files` when both leave. */
function kindOf({ items, totals }: OffloadPlan): string {
  const leaving = items.filter(({ leavesFiles }) => leavesFiles > 0)
  const one = totals.files === 1
  if (leaving.length !== 1) return one ? 'file' : 'files'
  return leaving[0]!.key === 'logsDir' ? (one ? 'log file' : 'log files') : one ? 'file' : 'files'
}

/** What is won at least; where the archive may need as much as what leaves, only how much that is. */
function winOf({ space, totals }: OffloadPlan): string {
  const won = space.reduce((sum, { leavesBytes, archiveBytes }) => sum + Math.max(0, leavesBytes - archiveBytes), 0)
  return won > 0 ? `free ${formatBytes(won)}` : formatBytes(totals.bytes)
}
