'use client'
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import type { ReplicaTest } from '#lib/contracts/replica.ts'
import { ICON } from '../parts.tsx'
import type { ReplicaDraft } from './replica-draft.ts'
import { STEPS } from './replica-words.ts'

/** How a test of a place went, and the host key that waits to be confirmed. */
export function TestReport({
  tested,
  draft,
  onConfirm,
}: {
  tested: ReplicaTest
  draft: ReplicaDraft
  onConfirm(fingerprint: string): void
}) {
  const { steps, isUsable, hostKeyFingerprint, capabilities, holds, warnings } = tested
  if (hostKeyFingerprint !== null && hostKeyFingerprint !== draft.fingerprint)
    return <HostKey shownKey={hostKeyFingerprint} confirmed={draft.fingerprint} onConfirm={() => onConfirm(hostKeyFingerprint)} />
  return (
    <div className={`note ${isUsable ? 'ok' : 'bad'}`} role="status">
      {isUsable ? <IconCircleCheck {...ICON} /> : <IconCircleX {...ICON} />}
      <div>
        <p className="b">{isUsable ? `${tested.place} works.` : `${tested.place} cannot be used.`}</p>
        <ul className="tst">
          {steps.map(({ step, durationMs, error }) => (
            <li key={step}>
              <span>{STEPS[step] ?? step}</span>
              <span>{error ? `${error.message} ${error.hint}` : `${durationMs} ms`}</span>
            </li>
          ))}
        </ul>
        {capabilities?.objectLock ? <p>Object lock is {capabilities.objectLock.isOn ? 'on' : 'off'} in this bucket.</p> : null}
        {holds === 'this-repository' ? <p>A copy of this repository lies there already; only what is missing will be sent.</p> : null}
        {warnings.map((warning) => (
          <p key={warning}>{warning}</p>
        ))}
      </div>
    </div>
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
