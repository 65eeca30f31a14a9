'use client'
import { IconCircleCheck, IconCircleX, IconInfoCircle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { useOpenJobs } from '#lib/client/job-feed.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { ICON, Ladder, SectionHead, Time } from '../parts.tsx'
import { blockingOf, isTooLarge } from './plan-counts.ts'
import { useStopWords } from './stop-words.ts'

interface Props {
  workspaceId: `ws_${string}`
  plan: RestorePlan
  request: RestoreRequest
  root: string
  onPlanAgain: () => void
}

/** Which plan it is, and what was checked about it. */
export function PlanFacts({ workspaceId, plan, request, root, onPlanAgain, children }: Props & { children?: ReactNode }) {
  const archive = useRead('getArchive', { archive: request.archiveId }).data ?? null
  const isInPlace = request.target === null
  const stop = useStopWords(workspaceId)
  const open = useOpenJobs(workspaceId).find((job) => job.kind !== 'verify') ?? null
  const blocking = blockingOf(plan)
  return (
    <>
      <section aria-labelledby="plan">
        <SectionHead id="plan" title="Plan">
          <button type="button" className="link" onClick={onPlanAgain}>
            Plan again
          </button>
        </SectionHead>
        <dl className="kv">
          <dt>Archive</dt>
          <dd className="fx wrap">
            {archive ? <Time iso={archive.createdAt} /> : '-'}
            {archive ? <Ladder grade={archive.grade} at={archive.gradedAt} /> : null}
          </dd>
          <dt>Target</dt>
          <dd className="mono">{request.target ?? root}</dd>
          <dt>Digest</dt>
          <dd className="mono" title={plan.digest}>
            {plan.digest.slice(0, 4)} {plan.digest.slice(4, 8)} … {plan.digest.slice(-4)}
          </dd>
        </dl>
      </section>
      <section aria-labelledby="checks">
        <SectionHead id="checks" title="Checks" />
        <ul className="checks">
          {children}
          <Check ok={(archive?.grade ?? 0) >= 1} isNote>
            {archive === null || archive.grade === null
              ? 'The archive was not verified yet; each file is proven while it is restored'
              : archive.grade === 0
                ? 'The archive failed its verification; a damaged file stops the restore'
                : `The archive reached L${archive.grade}`}
          </Check>
          <Check ok={!isTooLarge(plan)}>
            {plan.freeBytes === null
              ? 'Free space is not known'
              : `${formatBytes(plan.freeBytes)} free, ${formatBytes(plan.bytesToWrite)} to write`}
          </Check>
          <Check ok={blocking === 0}>
            {blocking === 0 ? 'Every path can be written' : `${plural(blocking, 'problem')} to solve first`}
          </Check>
          <Check ok={open === null} isNote>
            {open === null ? 'No other job uses this workspace' : `Waits for: ${open.title}`}
          </Check>
          {isInPlace && stop ? (
            <Check ok={stop.isStopped} isNote>
              {stop.text}
            </Check>
          ) : null}
        </ul>
      </section>
    </>
  )
}

/** One check: passed, worth a note, or failed. */
export function Check({ ok, isNote = false, children }: { ok: boolean; isNote?: boolean; children: ReactNode }) {
  const Icon = ok ? IconCircleCheck : isNote ? IconInfoCircle : IconCircleX
  return (
    <li>
      <span className={ok ? 'ok' : isNote ? 'warn' : 'bad'}>
        <Icon {...ICON} />
        <span className="vh">{ok ? 'Passed: ' : isNote ? 'Note: ' : 'Failed: '}</span>
      </span>
      <span>{children}</span>
    </li>
  )
}
