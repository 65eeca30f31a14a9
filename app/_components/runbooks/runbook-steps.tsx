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

/** What was under way or to come when a runbook ended without a word. */
const CUT_OFF: typeof LOOK = {
  ...LOOK,
  running: { Icon: IconAlertTriangle, tone: 'bad', word: 'Cut off' },
  planned: { Icon: IconMinus, tone: 'q', word: 'Not reached' },
}

/** The steps of a runbook, each with its evidence; `isOver` = none of them goes on. */
export function RunbookSteps({ steps, isOver = false }: { steps: readonly RunbookStep[]; isOver?: boolean }) {
  const looks = isOver ? CUT_OFF : LOOK
  return (
    <StepList>
      {steps.map(({ id, title, outcome, detail, durationMs }) => (
        <Step
          key={id}
          look={looks[outcome]}
          title={title}
          isWordQuiet={(outcome === 'planned' && !isOver) || outcome === 'done'}
          isRunning={outcome === 'running' && !isOver}
          aside={durationMs === null ? null : formatDuration(durationMs)}
        >
          {detail === '' ? null : <p className="brk q">{detail}</p>}
        </Step>
      ))}
    </StepList>
  )
}
