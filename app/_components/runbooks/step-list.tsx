import type { IconCheck } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { ICON } from '../parts.tsx'
import './runbooks.css'

/** How far something of a list has come. */
export interface StepLook {
  Icon: typeof IconCheck
  tone: 'q' | 'acc' | 'ok' | 'warn' | 'bad'
  word: string
}

interface StepProps {
  look: StepLook
  title: string
  /** Its word says no more than its mark does, and is for those who cannot see that. */
  isWordQuiet?: boolean
  isRunning?: boolean
  facts?: ReactNode
  /** At the end of its first line. */
  aside?: ReactNode
  children?: ReactNode
}

/** What is done one after the other, from top to bottom. */
export const StepList = ({ children }: { children: ReactNode }) => <ol className="rsteps">{children}</ol>

/** One of them: how far it is, what it is, and its evidence below. */
export function Step({ look: { Icon, tone, word }, title, isWordQuiet = false, isRunning = false, facts, aside, children }: StepProps) {
  return (
    <li>
      <span className={tone}>
        <Icon {...ICON} {...(isRunning ? { className: 'ic spin' } : {})} />
      </span>
      <div>
        <p className="fx wrap">
          <b>{title}</b>
          <span className={isWordQuiet ? 'vh' : tone}>{word}</span>
          {facts ? <span className="q">{facts}</span> : null}
        </p>
        {children}
      </div>
      {aside ? <span className="q nw">{aside}</span> : <span />}
    </li>
  )
}
