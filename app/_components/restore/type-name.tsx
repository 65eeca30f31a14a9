'use client'
import { useId } from 'react'

/** The field that takes a workspace's name, from who means to replace its items. */
export function TypeName({ name, value, onChange }: { name: string; value: string; onChange: (value: string) => void }) {
  const id = useId()
  return (
    <label className="fld" htmlFor={id}>
      <span>
        Type <b className="mono">{name}</b> to replace its items
      </span>
      <input id={id} className="inp mono" autoComplete="off" value={value} onChange={(event) => onChange(event.target.value)} />
    </label>
  )
}
