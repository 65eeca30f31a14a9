'use client'
import { Popover } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { CommandButton, ICON } from './parts.tsx'

/** The command, open as it comes, and its button. */
export default function CommandPanel({ command }: { command: string }) {
  const [copied, setCopied] = useState(false)
  const copy = () => void navigator.clipboard?.writeText(command).then(() => setCopied(true))
  return (
    <Popover defaultOpened position="bottom-end" withArrow shadow="md" width={420} onClose={() => setCopied(false)} trapFocus returnFocus>
      <Popover.Target>
        <CommandButton />
      </Popover.Target>
      <Popover.Dropdown className="cmd">
        <p className="q">The same on the command line</p>
        <code className="mono brk">{command}</code>
        <button type="button" className="btn sm" onClick={copy}>
          {copied ? <IconCheck {...ICON} /> : <IconCopy {...ICON} />}
          {copied ? 'Copied' : 'Copy command'}
        </button>
      </Popover.Dropdown>
    </Popover>
  )
}
