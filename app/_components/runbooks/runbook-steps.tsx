import { IconAlertTriangle, IconCheck, IconCircleDashed, IconCircleX, IconLoader2, IconMinus } from '@tabler/icons-react'
import { formatDuration } from '#lib/base/units.ts'
import type { RunbookStep } from '#lib/contracts/recover.ts'
import { Step, StepList, type StepLook } from './step-list.tsx'

const LOOK: Record<RunbookStep['outcome'], StepLook> = {
  planned: { Icon: IconCircleDashed, tone: 'q', word: 'Planned' },
  running: { Icon: IconLoader2, tone: 'acc', word: 'Running' },
  done: { Icon: IconCheck, tone: 'ok', word: 'Done' },
  warning: { Icon: IconAlertTriangle, tone: 'warn', word: 'Done with problems' },
  failed: { Icon: IconCircleX, tone: 'bad', word: 'Failed' },
  skipped: { Icon: IconMinus, tone: 'q', word: 'Skipped' },
}

/** The steps of a runbook, each with its evidence. */
export function RunbookSteps({ steps }: { steps: readonly RunbookStep[] }) {
  return (
    <StepList>
      {steps.map(({ id, title, outcome, detail, durationMs }) => (
        <Step
          key={id}
          look={LOOK[outcome]}
          title={title}
          isWordQuiet={outcome === 'planned' || outcome === 'done'}
          isRunning={outcome === 'running'}
          aside={durationMs === null ? null : formatDuration(durationMs)}
        >
          <p className="brk q">{detail}</p>
        </Step>
      ))}
    </StepList>
  )
}
