'use client'
import { IconCheck, IconCopy, IconKey } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { PrintButton } from '../evidence/drill-report.tsx'
import { ICON } from '../parts.tsx'
import './repository.css'

/** A recovery key that was just made. */
export interface MadeKey {
  recoveryKey: string
  path: string
  /** What comes once somebody has it. */
  afterwards(): void
}

/** A recovery key, which is shown this once: it stays until somebody says that it is kept. */
export function RecoveryKeyNote({ recoveryKey, path, onKept }: { recoveryKey: string; path: string; onKept(): void }) {
  const [copied, setCopied] = useState(false)
  const [isKept, setKept] = useState(false)
  useEffect(() => {
    // Whoever closes the window by mistake would not see it again.
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    if (!isKept) window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [isKept])
  return (
    <section className="rkey" aria-labelledby="rkey">
      <h2 id="rkey" className="h1">
        <IconKey {...ICON} /> Recovery key
      </h2>
      <p className="q brk">of the repository at {path}</p>
      <code className="mono">{recoveryKey}</code>
      <p>
        Shown once and kept nowhere. Print it or write it down, and keep it apart from this host and from the store. Without it, without a
        passphrase and without this host, nobody can read the archives again.
      </p>
      <div className="fx wrap noprint">
        <PrintButton />
        <button type="button" className="btn" onClick={() => void navigator.clipboard?.writeText(recoveryKey).then(() => setCopied(true))}>
          {copied ? <IconCheck {...ICON} /> : <IconCopy {...ICON} />}
          {copied ? 'Copied' : 'Copy'}
        </button>
        <label className="ck">
          <input type="checkbox" checked={isKept} onChange={(event) => setKept(event.target.checked)} /> I have it on paper or in a safe
          place
        </label>
        <button type="button" className="btn p" disabled={!isKept} onClick={onKept}>
          Go on
        </button>
      </div>
    </section>
  )
}
