import { IconAlertTriangle, IconCheck, IconCircleDashed, IconCircleX, IconLoader2, IconMinus } from '@tabler/icons-react'
import { formatDuration } from '#lib/base/units.ts'
import type { RunbookStep } from '#lib/contracts/recover.ts'
import { ICON } from '../parts.tsx'
import './runbooks.css'

const LOOK = {
  planned: { Icon: IconCircleDashed, tone: 'q', word: 'Planned' },
  running: { Icon: IconLoader2, tone: 'acc', word: 'Running' },
  done: { Icon: IconCheck, tone: 'ok', word: 'Done' },
  warning: { Icon: IconAlertTriangle, tone: 'warn', word: 'Done with problems' },
  failed: { Icon: IconCircleX, tone: 'bad', word: 'Failed' },
  skipped: { Icon: IconMinus, tone: 'q', word: 'Skipped' },
} as const

/** The steps of a runbook, each with its evidence. */
export function RunbookSteps({ steps }: { steps: readonly RunbookStep[] }) {
  return (
    <ol className="rsteps">
      {steps.map((step) => {
        const { Icon, tone, word } = LOOK[step.outcome]
        return (
          <li key={step.id}>
            <span className={tone} title={word}>
              <Icon {...ICON} />
              <span className="vh">{word}</span>
            </span>
            <span>
              <b>{step.title}</b>
              <span className="brk q">{step.detail}</span>
            </span>
            <span className="q nw">{step.durationMs === null ? '' : formatDuration(step.durationMs)}</span>
          </li>
        )
      })}
    </ol>
  )
}
