'use client'
import { useId, useState } from 'react'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { plural } from '#lib/client/format.ts'
import type { RestoreAction, RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { Findings, SectionHead } from '../parts.tsx'

interface Props {
  plan: RestorePlan
  request: RestoreRequest
  name: string
  busy: boolean
  onStart: (confirmName: string | undefined) => void
  onDiscard: () => void
}

const WORDS: Record<RestoreAction, string> = {
  create: 'Created',
  overwrite: 'Replaced',
  same: 'Same, untouched',
  attributes: 'Only attributes set',
  skip: 'Kept as it is',
  conflict: 'In the way',
  extra: 'Not in the archive, stays',
  quarantine: 'Moved to quarantine',
}
const TONE: Partial<Record<RestoreAction, string>> = { create: 'add', overwrite: 'chg', conflict: 'bad', quarantine: 'del' }
const count = (plan: RestorePlan, action: RestoreAction) => plan.counts[action] ?? 0

/** What will change, where, whether it fits; and the button that names it. */
export function PlanReview({ plan, request, name, busy, onStart, onDiscard }: Props) {
  const [typed, setTyped] = useState('')
  const fieldId = useId()
  const isInPlace = request.target === null
  const blocking = plan.problems.filter((problem) => problem.severity === 'error')
  const isFull = plan.freeBytes !== null && plan.freeBytes < plan.bytesToWrite
  const isBlocked = blocking.length > 0 || isFull
  const confirmed = !isInPlace || typed === name
  return (
    <section className="review" aria-labelledby="review">
      <SectionHead id="review" title="What changes" aside={`plan ${plan.digest.slice(0, 4)} … ${plan.digest.slice(-4)}`} />
      <Counts plan={plan} />
      <ItemTable plan={plan} />
      <Space plan={plan} isFull={isFull} />
      {plan.problems.length > 0 ? (
        <div>
          <SectionHead id="problems" title="Problems" aside={plan.problems.length} />
          <Findings findings={plan.problems} />
        </div>
      ) : null}
      <Lines plan={plan} />
      {isInPlace ? (
        <div className="confirm">
          <p>
            Before anything is replaced, a safety archive of what is there now is taken; replaced files go to quarantine beside their place.
          </p>
          <label className="fld" htmlFor={fieldId}>
            <span>
              Type <b className="mono">{name}</b> to replace its items
            </span>
            <input id={fieldId} className="inp mono" autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
          </label>
        </div>
      ) : null}
      <div className="fx wrap">
        <button
          type="button"
          className={`btn lg ${isInPlace ? 'd' : 'p'}`}
          disabled={isBlocked || !confirmed || busy}
          title={isBlocked ? 'The problems above come first' : confirmed ? undefined : 'Type the name first'}
          onClick={() => onStart(isInPlace ? typed : undefined)}
        >
          {isInPlace ? `Replace ${plural(plan.items.length, 'item')} in ${name}` : `Restore to ${request.target}`}
        </button>
        <button type="button" className="btn lg" onClick={onDiscard}>
          Discard plan
        </button>
      </div>
    </section>
  )
}

function Counts({ plan }: { plan: RestorePlan }) {
  const shown = (Object.keys(WORDS) as RestoreAction[]).filter((action) => count(plan, action) > 0)
  return (
    <dl className="counts">
      {shown.map((action) => (
        <div key={action}>
          <dt>{WORDS[action]}</dt>
          <dd className={TONE[action] ?? ''}>{formatCount(count(plan, action))}</dd>
        </div>
      ))}
      {shown.length === 0 ? <p>Nothing differs: everything is already as in the archive.</p> : null}
    </dl>
  )
}

function ItemTable({ plan }: { plan: RestorePlan }) {
  return (
    <div className="tw">
      <table>
        <thead>
          <tr>
            <th>Item</th>
            <th>Written to</th>
            <th className="r">Created</th>
            <th className="r">Replaced</th>
            <th className="r">Quarantined</th>
            <th className="r">To write</th>
          </tr>
        </thead>
        <tbody>
          {plan.items.map((item) => (
            <tr key={item.key}>
              <td>
                <span className="b">{item.label}</span> <span className="q">{item.importance}</span>
              </td>
              <td className="mono">{item.targetPath}</td>
              <td className={`r ${item.counts.create ? 'add' : 'q'}`}>{formatCount(item.counts.create ?? 0)}</td>
              <td className={`r ${item.counts.overwrite ? 'chg' : 'q'}`}>{formatCount(item.counts.overwrite ?? 0)}</td>
              <td className={`r ${item.counts.quarantine ? 'del' : 'q'}`}>{formatCount(item.counts.quarantine ?? 0)}</td>
              <td className="r">{formatBytes(item.bytesToWrite)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Space({ plan, isFull }: { plan: RestorePlan; isFull: boolean }) {
  return (
    <p className={isFull ? 'bad' : 's'}>
      {formatBytes(plan.bytesToWrite)} to write,{' '}
      {plan.freeBytes === null ? 'free space is not known' : `${formatBytes(plan.freeBytes)} free`}.{isFull ? ' It does not fit.' : ''}
    </p>
  )
}

function Lines({ plan }: { plan: RestorePlan }) {
  if (plan.lines.length === 0) return null
  return (
    <details>
      <summary>
        {plan.lines.length < plan.linesTotal
          ? `The first ${formatCount(plan.lines.length)} of ${plural(plan.linesTotal, 'changing path')}`
          : plural(plan.linesTotal, 'changing path')}
      </summary>
      <div className="tw scroll">
        <table>
          <thead>
            <tr>
              <th>Act</th>
              <th>Path</th>
              <th>Why</th>
              <th className="r">Now</th>
              <th className="r">After</th>
            </tr>
          </thead>
          <tbody>
            {plan.lines.map((line) => (
              <tr key={`${line.action}${line.targetPath}`}>
                <td className={TONE[line.action] ?? 's'}>{WORDS[line.action]}</td>
                <td className="mono">{line.targetPath}</td>
                <td className="s">{line.reason}</td>
                <td className="r">{formatBytes(line.liveBytes)}</td>
                <td className="r">{formatBytes(line.sizeBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
