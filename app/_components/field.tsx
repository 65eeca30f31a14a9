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

interface SelectFieldProps<Value extends string> {
  label: string
  value: Value
  /** Values with their words. */
  options: Readonly<Record<Value, string>>
  onValue(value: Value): void
  isFixed?: boolean
  hint?: string
}

/** A labelled choice of one from a few. */
export function SelectField<Value extends string>({ label, value, options, onValue, isFixed = false, hint }: SelectFieldProps<Value>) {
  return (
    <label className="fld">
      <span>{label}</span>
      <select className="inp" value={value} disabled={isFixed} onChange={(event) => onValue(event.target.value as Value)}>
        {(Object.entries(options) as [Value, string][]).map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
      {hint ? <small className="q">{hint}</small> : null}
    </label>
  )
}
