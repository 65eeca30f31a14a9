'use client'
import { IconCircleCheck, IconCircleX, IconClipboardCheck, IconClock, IconFileOff, IconLoader2 } from '@tabler/icons-react'
import type { ProposalStatus } from '#lib/contracts/retention.ts'
import { ICON } from '../parts.tsx'

const LOOK = {
  open: { tone: 'hold', word: 'Waiting for a lead', Icon: IconClipboardCheck },
  approved: { tone: 'acc', word: 'Approved', Icon: IconLoader2 },
  applied: { tone: 'ok', word: 'Applied', Icon: IconCircleCheck },
  rejected: { tone: 'q', word: 'Declined', Icon: IconCircleX },
  expired: { tone: 'warn', word: 'Expired', Icon: IconClock },
  void: { tone: 'warn', word: 'Void', Icon: IconFileOff },
  failed: { tone: 'bad', word: 'Applied in part', Icon: IconCircleX },
} as const satisfies Record<ProposalStatus, unknown>

/** Where a proposal stands: icon, colour and word. */
export function ProposalWord({ status }: { status: ProposalStatus }) {
  const { tone, word, Icon } = LOOK[status]
  return (
    <span className={`st ${tone}`}>
      <Icon {...ICON} />
      {word}
    </span>
  )
}
