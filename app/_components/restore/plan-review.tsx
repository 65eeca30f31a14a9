'use client'
import type { ReactNode } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { useRead } from '#lib/client/queries.ts'
import type { RestoreAction, RestoreLine, RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { Findings, SectionHead, Time, WideTable } from '../parts.tsx'
import { LostRecords } from './lost-records.tsx'
import { changesOf, countOf as count } from './plan-counts.ts'

interface Props {
  plan: RestorePlan
  request: RestoreRequest
  name: string
  /** What stands above: the steps, or who asked for it. */
  head: ReactNode
  /** Somebody asks for a decision: where there is one column, it comes before the detail. */
  isAsked?: boolean
  /** The decision beside it. */
  children: ReactNode
}

const WORDS: Record<RestoreAction, string> = {
  create: 'Created',
  overwrite: 'Replaced',
  same: 'Same, untouched',
  attributes: 'Only attributes set',
  skip: 'Kept as it is',
  conflict: 'In the way',
  extra: 'Not in the archive, stays',
  quarantine: 'Moved away',
}
const TONE: Partial<Record<RestoreAction, string>> = { create: 'add', overwrite: 'chg', conflict: 'bad', quarantine: 'del' }
const LOST_SHOWN = 12

/** What changes, what would be lost and what happens, beside the decision. */
export function PlanReview({ plan, request, name, head, isAsked = false, children }: Props) {
  const archive = useRead('getArchive', { archive: request.archiveId }).data ?? null
  const when = archive ? `${formatDay(archive.createdAt)}, ${formatClock(archive.createdAt)}` : 'the archive'
  const isInPlace = request.target === null
  return (
    <div className={`split ${isAsked ? 'asks' : ''}`}>
      <div className="l">
        <div className="question">{head}</div>
        <div className="question">
          <h1>{isInPlace ? `Put ${name} back to ${when}` : `Restore ${when} to another folder`}</h1>
          <p className="s">{headlineOf(plan, isInPlace)}</p>
        </div>
        <section className="stack" aria-labelledby="changes">
          <SectionHead id="changes" title="What changes" aside={`${formatBytes(plan.bytesToWrite)} to write`} />
          <Counts plan={plan} />
          <ItemTable plan={plan} />
        </section>
        {plan.problems.length > 0 ? (
          <section className="stack" aria-labelledby="problems">
            <SectionHead id="problems" title="Problems" aside={plan.problems.length} />
            <Findings findings={plan.problems} />
          </section>
        ) : null}
        <Losses plan={plan} isInPlace={isInPlace} />
        <WhatHappens isInPlace={isInPlace} />
        <Lines plan={plan} />
      </div>
      {children}
    </div>
  )
}

function headlineOf(plan: RestorePlan, isInPlace: boolean): string {
  if (changesOf(plan) === 0) return 'Nothing differs: everything is already as in the archive.'
  return isInPlace ? 'In place. What is equal already stays untouched.' : 'Nothing live is touched.'
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
    </dl>
  )
}

function ItemTable({ plan }: { plan: RestorePlan }) {
  return (
    <WideTable label="Items of the plan">
      <thead>
        <tr>
          <th>Item</th>
          <th>Written to</th>
          <th className="r">Created</th>
          <th className="r">Replaced</th>
          <th className="r">Moved away</th>
          <th className="r">To write</th>
        </tr>
      </thead>
      <tbody>
        {plan.items.map((item) => (
          <tr key={item.key} className={changesOf(item) === 0 ? 'q' : ''}>
            <td>
              <span className="b">{item.label}</span> <span className="q">{item.importance}</span>
            </td>
            <td className="mono brk">{item.targetPath}</td>
            <Figure label="created" value={count(item, 'create')} tone="add" />
            <Figure label="replaced" value={count(item, 'overwrite')} tone="chg" />
            <Figure label="moved away" value={count(item, 'quarantine')} tone="del" />
            <td className="r" {...(changesOf(item) === 0 ? {} : { 'data-label': 'to write' })}>
              {changesOf(item) === 0 ? 'same' : formatBytes(item.bytesToWrite)}
            </td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  )
}

const Figure = ({ label, value, tone }: { label: string; value: number; tone: string }) => (
  <td className={`r ${value > 0 ? tone : 'q none'}`} data-label={label}>
    {formatCount(value)}
  </td>
)

/** Live files that the restore takes the place of: what somebody may miss afterwards. */
function Losses({ plan, isInPlace }: { plan: RestorePlan; isInPlace: boolean }) {
  const replaced = count(plan, 'overwrite')
  const moved = count(plan, 'quarantine')
  const lines = plan.lines.filter(({ action }) => action === 'overwrite' || action === 'quarantine')
  const total = replaced + moved
  if (total === 0)
    return (
      <section aria-labelledby="lose">
        <SectionHead id="lose" title="What you would lose" />
        <p className="s">Nothing: no file is replaced or moved away.</p>
      </section>
    )
  return (
    <section className="stack" aria-labelledby="lose">
      <div className="sec lose">
        <h2 id="lose">What you would lose</h2>
        <span className="q">
          {plural(total, 'live version')}, kept in {isInPlace ? 'the safety archive and in quarantine' : 'quarantine'}
        </span>
      </div>
      {plan.losses ? <LostRecords losses={plan.losses} /> : null}
      <WideTable label="Live files that are replaced or moved away">
        <thead>
          <tr>
            <th>Path</th>
            <th>Why</th>
            <th className="r">Written</th>
            <th className="r">Now</th>
            <th className="r">After</th>
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, LOST_SHOWN).map((line) => (
            <tr key={line.targetPath}>
              <td className="mono brk">{line.targetPath}</td>
              <td className="s">{line.reason}</td>
              <td className="r s" data-label="written">
                {line.liveModifiedAt ? <Time iso={line.liveModifiedAt} /> : '-'}
              </td>
              <td className="r" data-label="now">
                {formatBytes(line.liveBytes)}
              </td>
              <td className="r" data-label="after">
                {line.action === 'quarantine' ? 'moved away' : formatBytes(line.sizeBytes)}
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
      {total > LOST_SHOWN ? <p className="q">{formatCount(total - Math.min(LOST_SHOWN, lines.length))} more below.</p> : null}
    </section>
  )
}

function WhatHappens({ isInPlace }: { isInPlace: boolean }) {
  const steps = isInPlace
    ? [
        ['Stage beside', 'Files are written next to their place, read back and compared.'],
        ['Safety archive', 'What is there now is archived first.'],
        ['Stop', 'The orchestrator, where the host file says how; and it is proven that it stopped.'],
        ['Swap', 'All files take their places, or none does.'],
        ['Validate and start', 'Read back, JSON parsed, started, healthy; else all of it is taken back.'],
        ['Undo', 'What was replaced is kept beside it for 7 days.'],
      ]
    : [
        ['Write', 'Files are written to the folder.'],
        ['Prove', 'Each is read back and compared with the archive.'],
      ]
  return (
    <section aria-labelledby="happens">
      <SectionHead id="happens" title="What happens" />
      <ol className="seq">
        {steps.map(([title, text], i) => (
          <li key={title} className={title === 'Safety archive' ? 'safe' : title === 'Swap' ? 'swap' : ''}>
            <b>
              {i + 1} {title}
            </b>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Lines({ plan }: { plan: RestorePlan }) {
  if (plan.lines.length === 0) return null
  return (
    <details>
      <summary>
        {plan.lines.length < plan.linesTotal
          ? `The first ${formatCount(plan.lines.length)} of ${plural(plan.linesTotal, 'path')} not equal to the archive`
          : `${plural(plan.linesTotal, 'path')} not equal to the archive`}
      </summary>
      <WideTable label="Lines of the plan" className="scroll">
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
            <Line key={`${line.action}${line.targetPath}`} line={line} />
          ))}
        </tbody>
      </WideTable>
    </details>
  )
}

const Line = ({ line }: { line: RestoreLine }) => (
  <tr>
    <td className={TONE[line.action] ?? 's'}>{WORDS[line.action]}</td>
    <td className="mono brk">{line.targetPath}</td>
    <td className="s">{line.reason}</td>
    <td className="r" data-label="now">
      {formatBytes(line.liveBytes)}
    </td>
    <td className="r" data-label="after">
      {formatBytes(line.sizeBytes)}
    </td>
  </tr>
)
