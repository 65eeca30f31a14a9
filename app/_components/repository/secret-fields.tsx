'use client'
import type { TypedSecret } from '#lib/contracts/repository-keys.ts'
import { Field, SelectField } from '../field.tsx'

export interface TypedOpening {
  kind: 'passphrase' | 'key'
  text: string
}

export const NO_OPENING: TypedOpening = { kind: 'passphrase', text: '' }

/** What was typed, as a request has it; nothing where nothing was. */
export const secretOfOpening = ({ kind, text }: TypedOpening): TypedSecret => (text === '' ? {} : { [kind]: text })

const KINDS: Record<TypedOpening['kind'], string> = { passphrase: 'a passphrase', key: 'a recovery key, or the key of a host' }

/** A passphrase or a key of an encrypted repository. */
export function SecretFields({ value, onChange }: { value: TypedOpening; onChange(value: TypedOpening): void }) {
  const isKey = value.kind === 'key'
  return (
    <>
      <SelectField label="By" value={value.kind} options={KINDS} onValue={(kind) => onChange({ ...value, kind })} />
      <Field
        label={isKey ? 'Key, as it was printed, or from a key file' : 'Passphrase'}
        className={isKey ? 'inp mono' : 'inp'}
        type={isKey ? 'text' : 'password'}
        autoComplete="off"
        spellCheck={false}
        required
        value={value.text}
        onText={(text) => onChange({ ...value, text })}
      />
    </>
  )
}
