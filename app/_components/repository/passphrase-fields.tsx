'use client'
import { Field } from '../field.tsx'

export interface TypedPassphrase {
  first: string
  again: string
}

export const NO_PASSPHRASE: TypedPassphrase = { first: '', again: '' }
const LEAST = 12

/** What keeps a new passphrase from being taken, in words; null = nothing. An empty one is none. */
export function passphraseProblem({ first, again }: TypedPassphrase): string | null {
  if (first === '' && again === '') return null
  if ([...first].length < LEAST) return `${LEAST} characters are the least. A few words that do not belong together are best.`
  return first === again ? null : 'The two are not the same yet.'
}

/** A new passphrase, typed twice. */
export function PassphraseFields(props: {
  label: string
  value: TypedPassphrase
  required?: boolean
  onChange(value: TypedPassphrase): void
}) {
  const { label, value, required = false, onChange } = props
  const problem = passphraseProblem(value)
  return (
    <>
      <Field
        label={label}
        type="password"
        autoComplete="new-password"
        required={required}
        value={value.first}
        onText={(first) => onChange({ ...value, first })}
      />
      <Field
        label="Once more"
        type="password"
        autoComplete="new-password"
        required={required || value.first !== ''}
        value={value.again}
        aria-invalid={problem !== null && value.again !== ''}
        onText={(again) => onChange({ ...value, again })}
      />
      {problem ? <p className="q">{problem}</p> : null}
    </>
  )
}
