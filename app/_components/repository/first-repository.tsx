'use client'
import { PassphraseFields, type TypedPassphrase } from './passphrase-fields.tsx'

export interface FirstRepositoryChoice {
  isEncrypted: boolean
  passphrase: TypedPassphrase
}

/** How the repository is made that the first workspace writes into: encrypted from its start, or not. */
export function FirstRepository(props: { path: string; value: FirstRepositoryChoice; onChange(value: FirstRepositoryChoice): void }) {
  const { path, value, onChange } = props
  return (
    <fieldset className="firstrep">
      <legend>Where archives go</legend>
      <p className="q brk">
        <span className="mono">{path}</span>, which is made now.
      </p>
      <label className="ck">
        <input type="radio" name="encryption" checked={!value.isEncrypted} onChange={() => onChange({ ...value, isEncrypted: false })} />{' '}
        Not encrypted: whoever can read that folder, or a copy of it, can read every archive
      </label>
      <label className="ck">
        <input type="radio" name="encryption" checked={value.isEncrypted} onChange={() => onChange({ ...value, isEncrypted: true })} />{' '}
        Encrypted: you get a recovery key to print, and this host a key of its own
      </label>
      {value.isEncrypted ? (
        <div className="two even">
          <PassphraseFields
            label="Passphrase, if you want one besides the key"
            value={value.passphrase}
            onChange={(passphrase) => onChange({ ...value, passphrase })}
          />
        </div>
      ) : null}
    </fieldset>
  )
}
