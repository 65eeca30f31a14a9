import type { InputHTMLAttributes } from 'react'

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> {
  label: string
  value: string
  onText(value: string): void
  hint?: string
}

/** A labelled line of text, with what to know about it below. */
export function Field({ label, hint, onText, ...input }: FieldProps) {
  return (
    <label className="fld">
      <span>{label}</span>
      <input className="inp" {...input} onChange={(event) => onText(event.target.value)} />
      {hint ? <small className="q">{hint}</small> : null}
    </label>
  )
}
