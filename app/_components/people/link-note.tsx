'use client'
import { IconCheck, IconCopy, IconLink } from '@tabler/icons-react'
import { useState } from 'react'
import type { OneTimeLink } from '#lib/contracts/people.ts'
import { ICON, Time } from '../parts.tsx'

/** A link that is shown this once. */
export function LinkNote({ link, to }: { link: OneTimeLink; to: string }) {
  const [copied, setCopied] = useState(false)
  const href = `${window.location.origin}${link.path}`
  return (
    <div className="note ok" role="status">
      <IconLink {...ICON} />
      <div>
        <p>
          <span className="b">Give this link to {to}.</span> It works once, until <Time iso={link.expiresAt} /> UTC, and is not shown again.
        </p>
        <code className="mono brk">{href}</code>
        <p>
          <button type="button" className="btn sm" onClick={() => void navigator.clipboard?.writeText(href).then(() => setCopied(true))}>
            {copied ? <IconCheck {...ICON} /> : <IconCopy {...ICON} />}
            {copied ? 'Copied' : 'Copy link'}
          </button>
        </p>
      </div>
    </div>
  )
}
