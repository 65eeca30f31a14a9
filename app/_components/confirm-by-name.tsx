'use client'
import { type ReactNode, useState } from 'react'
import { Field } from './field.tsx'
import { CommandPopover } from './parts.tsx'

interface Props {
  /** What somebody types who means it. */
  wanted: string
  label: string
  /** What the button does, with its object. */
  act: string
  isDestructive?: boolean
  busy: boolean
  /** Something else has to be settled first. */
  isBlocked: boolean
  /** Why somebody may not; undefined = they may. */
  whyNot?: string | undefined
  /** What it does to what is there, or what has to be settled. */
  note: string
  command?: string
  onGo(confirmed: string): void
  /** More that has to be said, and what went wrong. */
  children?: ReactNode
}

/** The last step before something is written: a name that is typed, and the button that does it. */
export function ConfirmByName(props: Props) {
  const { wanted, label, act, isDestructive = false, busy, isBlocked, whyNot, note, command, onGo, children } = props
  const [typed, setTyped] = useState('')
  const confirmed = typed.trim()
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        onGo(confirmed)
      }}
    >
      <Field label={label} value={typed} autoComplete="off" onText={setTyped} />
      {children}
      <div className="fx wrap">
        <button
          type="submit"
          className={`btn lg ${isDestructive ? 'd' : 'p'}`}
          disabled={whyNot !== undefined || busy || isBlocked || confirmed !== wanted}
          title={whyNot}
        >
          {busy ? 'Starting…' : act}
        </button>
        {command === undefined ? null : <CommandPopover command={command} />}
        <span className="q">{note}</span>
      </div>
    </form>
  )
}
