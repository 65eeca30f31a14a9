import { formatCount, formatDuration } from '#lib/base/units.ts'
import type { RestoreStep } from '#lib/contracts/archive.ts'
import { UndoResultSchema } from '#lib/contracts/restore.ts'
import { RunbookSteps } from '../runbooks/runbook-steps.tsx'

const TITLES: Record<RestoreStep['name'], string> = {
  stage: 'Stage beside',
  safety: 'Safety archive',
  stop: 'Stop the orchestrator',
  'prove-stopped': 'Prove that it stopped',
  'second-look': 'Look again',
  swap: 'Swap',
  validate: 'Validate',
  start: 'Start the orchestrator',
  health: 'See that it is healthy',
  'roll-back': 'Take everything back',
}

/** The steps of a restore or undo, as they went. */
export function TransactionSteps({ steps }: { steps: readonly RestoreStep[] }) {
  const shown = steps.map(({ name, outcome, message, at, durationMs }, i) => ({
    id: `${i}${name}`,
    title: TITLES[name],
    outcome,
    detail: message,
    at,
    durationMs,
  }))
  return <RunbookSteps steps={shown} />
}

/** What an undo brought back; null when the result is none. */
export function UndoFacts({ result }: { result: unknown }) {
  const parsed = UndoResultSchema.safeParse(result)
  if (!parsed.success) return null
  const { broughtBack, movedAway, movedOnCount, durationMs, steps } = parsed.data
  return (
    <div className="stack">
      <p className="note ok">
        Undone: {formatCount(broughtBack)} paths are back, {formatCount(movedAway)} went to quarantine, in {formatDuration(durationMs)}.
      </p>
      {movedOnCount > 0 ? (
        <p className="q">{formatCount(movedOnCount)} of them had been changed since the restore; those versions are kept.</p>
      ) : null}
      <TransactionSteps steps={steps} />
    </div>
  )
}
