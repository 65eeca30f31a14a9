'use client'
import type { ReactNode } from 'react'
import { formatBytes } from '#lib/base/units.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { useRead } from '#lib/client/queries.ts'
import type { RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { Findings, SectionHead } from '../parts.tsx'
import { PlanChanges } from './plan-changes.tsx'
import { changesOf } from './plan-counts.ts'
import { PlanLines } from './plan-lines.tsx'
import { PlanLosses } from './plan-losses.tsx'

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
          <PlanChanges plan={plan} />
        </section>
        {plan.problems.length > 0 ? (
          <section className="stack" aria-labelledby="problems">
            <SectionHead id="problems" title="Problems" aside={plan.problems.length} />
            <Findings findings={plan.problems} />
          </section>
        ) : null}
        <PlanLosses plan={plan} isInPlace={isInPlace} />
        <WhatHappens isInPlace={isInPlace} />
        <PlanLines plan={plan} />
      </div>
      {children}
    </div>
  )
}

function headlineOf(plan: RestorePlan, isInPlace: boolean): string {
  if (changesOf(plan) === 0) return 'Nothing differs: everything is already as in the archive.'
  return isInPlace ? 'In place. What is equal already stays untouched.' : 'Nothing live is touched.'
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
