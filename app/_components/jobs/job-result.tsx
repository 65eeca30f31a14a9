'use client'
import { Fragment } from 'react'
import { plural, pluralWord } from '#lib/base/plural.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import { BackupResultSchema, type RestoreResult, RestoreResultSchema, VerifyReportSchema } from '#lib/contracts/archive.ts'
import { DrillReportSchema } from '#lib/contracts/drill.ts'
import type { Job } from '#lib/contracts/job.ts'
import { RunbookResultSchema, type RunbookStep } from '#lib/contracts/recover.ts'
import { WholeHostResultSchema } from '#lib/contracts/whole-host.ts'
import { DrillFacts } from '../evidence/drill-report.tsx'
import Link from '../link.tsx'
import { Findings, Ladder, WideTable } from '../parts.tsx'
import { RetentionFacts } from '../retention/retention-facts.tsx'
import { RunbookSteps } from '../runbooks/runbook-steps.tsx'
import { WholeReport } from '../runbooks/whole-report.tsx'
import { HealFacts } from './heal-facts.tsx'
import { ImportFacts } from './import-facts.tsx'
import { MigrateFacts } from './migrate-facts.tsx'
import { OffloadFacts } from './offload-facts.tsx'
import { TransactionSteps, UndoFacts } from './undo-facts.tsx'
import { UndoRestore } from './undo-restore.tsx'

/** The result document of a job, for people. */
export default function JobResult({ job }: { job: Job }) {
  const base = job.workspaceId === null ? null : `/w/${job.workspaceId}`
  if (job.result === null || job.result === undefined) return null
  if (job.kind === 'restore') return <RestoreFacts result={job.result} base={base} />
  if (job.kind === 'backup') return <BackupFacts result={job.result} base={base} />
  if (job.kind === 'undo') return <UndoFacts result={job.result} />
  if (job.kind === 'recover') return <RunbookFacts job={job} base={base} />
  if (job.kind === 'verify') return <VerifyFacts result={job.result} base={base} />
  if (job.kind === 'drill') return <Drill result={job.result} base={base} />
  if (job.kind === 'retention') return <RetentionFacts result={job.result} base={base} />
  if (job.kind === 'offload') return <OffloadFacts result={job.result} base={base} />
  if (job.kind === 'heal') return <HealFacts result={job.result} />
  if (job.kind === 'migrate') return <MigrateFacts result={job.result} />
  if (job.kind === 'import') return <ImportFacts result={job.result} base={base} />
  return <pre className="mono raw">{JSON.stringify(job.result, null, 2)}</pre>
}

function Drill({ result, base }: { result: unknown; base: string | null }) {
  const parsed = DrillReportSchema.safeParse(result)
  if (!parsed.success) return <Raw result={result} />
  return (
    <div className="stack">
      <DrillFacts drill={{ ...parsed.data, findings: [] }} />
      {base === null ? null : (
        <p>
          <Link className="link" href={`${base}/evidence/drills/${parsed.data.jobId}`}>
            Report to print
          </Link>
        </p>
      )}
    </div>
  )
}

/** The archive's page; a plain id where the job was about several workspaces. */
const ArchiveLink = ({ base, id }: { base: string | null; id: string }) =>
  base === null ? (
    <span className="mono">{id}</span>
  ) : (
    <Link className="link mono" href={`${base}/archives?sel=${id}`}>
      {id}
    </Link>
  )

function RestoreFacts({ result, base }: { result: unknown; base: string | null }) {
  const parsed = RestoreResultSchema.safeParse(result)
  if (!parsed.success) return <Raw result={result} />
  const {
    restoredFiles,
    restoredBytes,
    skippedFiles,
    provenFiles,
    quarantinedFiles,
    safetyArchiveId,
    quarantinePath,
    undo,
    undoUntil,
    steps,
    durationMs,
  } = parsed.data
  const isProven = provenFiles >= restoredFiles
  return (
    <div className="stack">
      <p className={`note ${isProven ? 'ok' : 'warn'}`}>
        {isProven && provenFiles === 1
          ? 'Proven: the restored file was read back and equals the archive.'
          : isProven
            ? `Proven: all ${formatCount(provenFiles)} restored files were read back and equal the archive.`
            : `${formatCount(provenFiles)} of ${formatCount(restoredFiles)} restored files were read back and equal the archive.`}
      </p>
      <dl className="kv">
        <dt>Restored</dt>
        <dd>
          {plural(restoredFiles, 'file')}, {formatBytes(restoredBytes)}, in {formatDuration(durationMs)}
        </dd>
        <dt>Proven</dt>
        <dd>{plural(provenFiles, 'file')}</dd>
        <dt>Kept as it was</dt>
        <dd>{plural(skippedFiles, 'file')}</dd>
        <dt>Quarantined</dt>
        <dd>{plural(quarantinedFiles, 'file')}</dd>
        <dt>Safety archive</dt>
        <dd>{safetyArchiveId ? <ArchiveLink base={base} id={safetyArchiveId} /> : 'none: nothing live was replaced'}</dd>
        <dt>Quarantine</dt>
        <dd className="mono">{quarantinePath ?? '-'}</dd>
      </dl>
      {steps.length > 0 ? <TransactionSteps steps={steps} /> : null}
      {undo && undoUntil ? <UndoRestore jobId={undo} until={undoUntil} base={base} /> : null}
    </div>
  )
}

function BackupFacts({ result, base }: { result: unknown; base: string | null }) {
  const parsed = BackupResultSchema.safeParse(result)
  if (!parsed.success) return <Raw result={result} />
  const { archiveId, files, contentBytes, storedBytes, durationMs, suspect } = parsed.data
  return (
    <dl className="kv">
      <dt>Archive</dt>
      <dd>
        <ArchiveLink base={base} id={archiveId} />
      </dd>
      <dt>Captured</dt>
      <dd>
        {plural(files, 'file')}, {formatBytes(contentBytes)}, in {formatDuration(durationMs)}
      </dd>
      <dt>New bytes</dt>
      <dd>{formatBytes(storedBytes)}</dd>
      {suspect ? (
        <>
          <dt>Mark</dt>
          <dd className="warn">Suspect: the State file looks torn, reset or shrunken</dd>
        </>
      ) : null}
    </dl>
  )
}

function RunbookFacts({ job, base }: { job: Job; base: string | null }) {
  const { result } = job
  const whole = WholeHostResultSchema.safeParse(result)
  if (whole.success) return <WholeReport result={whole.data} isDone={job.status === 'finished'} />
  const parsed = RunbookResultSchema.safeParse(result)
  if (!parsed.success) return <Raw result={result} />
  const { steps, preservedArchiveId, restore } = parsed.data
  return (
    <>
      <RunbookSteps steps={restore ? steps.map((step) => withoutInner(step, restore)) : steps} isOver={job.status === 'finished'} />
      {preservedArchiveId ? (
        <p>
          Everything as it was before: <ArchiveLink base={base} id={preservedArchiveId} />
        </p>
      ) : null}
      {restore ? <RestoreFacts result={restore} base={base} /> : null}
    </>
  )
}

/** What the restore within a runbook did is listed below it, step by step: it need not be said twice. */
const withoutInner = (step: RunbookStep, { provenFiles, steps }: RestoreResult): RunbookStep =>
  step.id === 'restore' && steps.length > 0
    ? {
        ...step,
        detail: `${plural(provenFiles, 'file')} proven by reading ${provenFiles === 1 ? 'it' : 'them'} back. Its own steps are below.`,
      }
    : step

function VerifyFacts({ result, base }: { result: unknown; base: string | null }) {
  const parsed = VerifyReportSchema.safeParse(result)
  if (!parsed.success) return <Raw result={result} />
  const { archives, repositoryFindings, checkedFrames, checkedBytes } = parsed.data
  return (
    <>
      <Findings findings={repositoryFindings} />
      {checkedFrames !== undefined && checkedBytes !== undefined ? (
        <p>
          Every object was read once: {plural(checkedFrames, 'frame')}, {formatBytes(checkedBytes)}.
        </p>
      ) : null}
      <WideTable label="Archives that were verified">
        <thead>
          <tr>
            <th>Archive</th>
            <th>Grade</th>
            <th className="r">Frames</th>
            <th className="r">Read back</th>
            <th className="r">Took</th>
          </tr>
        </thead>
        <tbody>
          {archives.map(({ archiveId, grade, framesRead, bytesRead, durationMs, findings }) => (
            <Fragment key={archiveId}>
              <tr>
                <td>
                  <ArchiveLink base={base} id={archiveId} />
                </td>
                <td>
                  <Ladder grade={grade} />
                </td>
                <td className="r" data-label={pluralWord(framesRead, 'frame')}>
                  {formatCount(framesRead)}
                </td>
                <td className="r" data-label="read back">
                  {formatBytes(bytesRead)}
                </td>
                <td className="r">{formatDuration(durationMs)}</td>
              </tr>
              {findings.length > 0 ? (
                <tr>
                  <td colSpan={5} className="under">
                    <Findings findings={findings} />
                  </td>
                </tr>
              ) : null}
            </Fragment>
          ))}
        </tbody>
      </WideTable>
    </>
  )
}

const Raw = ({ result }: { result: unknown }) => <pre className="mono raw">{JSON.stringify(result, null, 2)}</pre>
