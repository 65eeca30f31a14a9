'use client'
import { Popover } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { CommandButton, ICON } from './parts.tsx'

/** The command, open as it comes, and its button, which takes the place of the one that was pressed: so it takes the focus first, to get it back. */
export default function CommandPanel({ command }: { command: string }) {
  const [isOpen, setOpen] = useState(false)
  const [copied, setCopied] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    button.current?.focus()
    setOpen(true)
  }, [])
  const copy = () => void navigator.clipboard?.writeText(command).then(() => setCopied(true))
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      onClose={() => setCopied(false)}
      position="bottom-end"
      withArrow
      shadow="md"
      width={420}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <CommandButton ref={button} onClick={() => setOpen(!isOpen)} />
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
