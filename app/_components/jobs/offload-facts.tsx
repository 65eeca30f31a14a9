'use client'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import { type OffloadResult, OffloadResultSchema } from '#lib/contracts/disk.ts'
import type { RunbookStep } from '#lib/contracts/recover.ts'
import Link from '../link.tsx'
import { Ladder } from '../parts.tsx'

/** What an offload did, step by step. */
export function OffloadFacts({ result, base }: { result: unknown; base: string | null }) {
  const parsed = OffloadResultSchema.safeParse(result)
  if (!parsed.success) return <pre className="mono raw">{JSON.stringify(result, null, 2)}</pre>
  const { data } = parsed
  return (
    <div className="stack">
      <p className={`note ${data.left.length === 0 ? 'ok' : 'warn'}`}>{headline(data)}</p>
      <dl className="kv">
        <dt>Archive</dt>
        <dd>
          {data.archiveId === null ? (
            'none'
          ) : base === null ? (
            <span className="mono">{data.archiveId}</span>
          ) : (
            <Link className="link mono" href={`${base}/archives?sel=${data.archiveId}`}>
              {data.archiveId}
            </Link>
          )}{' '}
          {data.grade === null ? null : <Ladder grade={data.grade} />}
        </dd>
        <dt>Freed, measured</dt>
        <dd>{formatBytes(data.freedBytes)}</dd>
        {data.space.map(({ mountPath, freeBytesBefore, freeBytesAfter }) => (
          <SpaceRow key={mountPath} mountPath={mountPath} before={freeBytesBefore} after={freeBytesAfter} />
        ))}
        <dt>To bring them back</dt>
        <dd>
          {data.undo === null || base === null ? (
            '-'
          ) : (
            <Link className="link" href={`${base}/restore?archive=${data.archiveId}`}>
              Restore the offload archive in place
            </Link>
          )}
        </dd>
      </dl>
      <ol className="steps">
        {data.steps.map((step, i) => (
          <StepRow key={step.id} step={step} number={i + 1} />
        ))}
      </ol>
    </div>
  )
}

function headline({ removedFiles, removedBytes, left, archiveId }: OffloadResult): string {
  if (archiveId === null) return 'Nothing was old enough; nothing was archived or deleted.'
  const gone = `${plural(removedFiles, 'file')}, ${formatBytes(removedBytes)}, left the live disk; the archive holds every byte of them.`
  return left.length === 0 ? gone : `${gone} ${formatCount(left.length)} stayed, each with its reason below.`
}

function SpaceRow({ mountPath, before, after }: { mountPath: string; before: number | null; after: number | null }) {
  return (
    <>
      <dt>Free on {mountPath}</dt>
      <dd>
        {formatBytes(before)} → {formatBytes(after)}
      </dd>
    </>
  )
}

const WORDS: Record<RunbookStep['outcome'], string> = {
  planned: 'planned',
  running: 'running',
  done: 'done',
  warning: 'done, with something to look at',
  failed: 'failed',
  skipped: 'skipped',
}

function StepRow({ step, number }: { step: RunbookStep; number: number }) {
  return (
    <li>
      <span className={`dot ${step.outcome === 'done' ? 'done' : ''}`} aria-hidden="true">
        {step.outcome === 'done' ? '✓' : number}
      </span>
      <span className="brk">
        <span className="b">{step.title}</span> <span className="vh">({WORDS[step.outcome]})</span>
        <span className="q">
          {step.detail}
          {step.durationMs === null ? '' : ` ${formatDuration(step.durationMs)}`}
        </span>
      </span>
    </li>
  )
}
