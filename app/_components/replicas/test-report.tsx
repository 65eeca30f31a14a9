'use client'
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { ReplicaTest } from '#lib/contracts/replica.ts'
import { ICON } from '../parts.tsx'
import { STEPS } from './replica-words.ts'
import './places.css'

interface TestReportProps {
  tested: Pick<ReplicaTest, 'place' | 'isUsable' | 'steps' | 'hostKeyFingerprint'>
  /** The host key that somebody confirmed; '' = none so far. */
  confirmed: string
  onConfirm(fingerprint: string): void
  /** What else was found. */
  children?: ReactNode
}

/** How a test of a place went, and the host key that waits to be confirmed. */
export function TestReport({ tested, confirmed, onConfirm, children }: TestReportProps) {
  const { steps, isUsable, hostKeyFingerprint } = tested
  if (hostKeyFingerprint !== null && hostKeyFingerprint !== confirmed)
    return <HostKey shownKey={hostKeyFingerprint} confirmed={confirmed} onConfirm={() => onConfirm(hostKeyFingerprint)} />
  return (
    <div className={`note ${isUsable ? 'ok' : 'bad'}`} role="status">
      {isUsable ? <IconCircleCheck {...ICON} /> : <IconCircleX {...ICON} />}
      <div>
        <p className="b">{isUsable ? `${tested.place} works.` : `${tested.place} cannot be used.`}</p>
        <ul className="tst">
          {steps.map(({ step, durationMs, error }) => (
            <li key={step} className={error ? 'er' : undefined}>
              <span>{STEPS[step] ?? step}</span>
              <span>{error ? `${error.message} ${error.hint}` : `${durationMs} ms`}</span>
            </li>
          ))}
        </ul>
        {children}
      </div>
    </div>
  )
}

/** What a place can do and what stands there, as far as it matters to copies. */
export function TestFacts({ tested: { capabilities, holds, warnings } }: { tested: ReplicaTest }) {
  return (
    <>
      {capabilities?.objectLock ? <p>Object lock is {capabilities.objectLock.isOn ? 'on' : 'off'} in this bucket.</p> : null}
      {holds === 'this-repository' ? <p>A copy of this repository lies there already; only what is missing will be sent.</p> : null}
      {warnings.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
    </>
  )
}

function HostKey({ shownKey, confirmed, onConfirm }: { shownKey: string; confirmed: string; onConfirm(): void }) {
  const isChanged = confirmed !== ''
  return (
    <div className={`note ${isChanged ? 'bad' : 'warn'}`} role="alert">
      <IconAlertTriangle {...ICON} />
      <div>
        <p className="b">
          {isChanged ? 'The server shows another key than the one that was confirmed.' : 'Is this the key of that server?'}
        </p>
        <p className="brk">{shownKey}</p>
        <p>
          {isChanged
            ? 'Somebody may stand in between, or the server was set up anew. Nothing but a greeting was sent.'
            : 'Compare it with what ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub prints on the server. Nothing but a greeting was sent.'}
        </p>
      </div>
      <button type="button" className="btn sm" onClick={onConfirm}>
        Use this key
      </button>
    </div>
  )
}
