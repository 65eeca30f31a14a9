'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { addRepositoryKey, changeRepositoryPassphrase, unlockRepository } from '#app/actions.ts'
import { useAction } from '#lib/client/use-action.ts'
import { KeyError } from './key-error.tsx'
import { NO_PASSPHRASE, PassphraseFields, passphraseProblem } from './passphrase-fields.tsx'
import type { MadeKey } from './recovery-key-note.tsx'
import { NO_OPENING, SecretFields, secretOfOpening } from './secret-fields.tsx'

interface FormProps {
  path: string
  onClose(): void
}

const tell = (message: string) => notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message })

/** Another passphrase, or another recovery key, which is shown once. */
export function AddKey({ path, kind, onKey, onClose }: FormProps & { kind: 'passphrase' | 'key'; onKey(made: MadeKey): void }) {
  const client = useQueryClient()
  const [label, setLabel] = useState(kind === 'key' ? 'recovery key' : '')
  const [typed, setTyped] = useState(NO_PASSPHRASE)
  const { send, busy, error } = useAction(addRepositoryKey)
  const add = async (event: FormEvent) => {
    event.preventDefault()
    const added = await send({ repositoryPath: path, label, ...(kind === 'passphrase' ? { passphrase: typed.first } : {}) })
    if (!added) return
    if (added.recoveryKey === null) tell('The passphrase opens the repository from now on.')
    else onKey({ recoveryKey: added.recoveryKey, path, afterwards: () => {} })
    onClose()
    await client.invalidateQueries()
  }
  const isReady = kind === 'key' || (typed.first !== '' && passphraseProblem(typed) === null)
  return (
    <form className="stack" onSubmit={(event) => void add(event)} aria-label={kind === 'key' ? 'Make a recovery key' : 'Add a passphrase'}>
      <p className="q">
        {kind === 'key'
          ? 'A new key that opens the repository, shown once. Those that were made before still open it.'
          : 'Everybody who knows it can open every archive. Others stay as they are.'}
      </p>
      <div className="s3">
        <label className="fld">
          <span>What people call it; readable without a key</span>
          <input className="inp" required maxLength={100} value={label} onChange={(event) => setLabel(event.target.value)} />
        </label>
        {kind === 'passphrase' ? <PassphraseFields label="New passphrase" required value={typed} onChange={setTyped} /> : null}
      </div>
      <Buttons word={kind === 'key' ? 'Make and show it' : 'Add passphrase'} busy={busy} isReady={isReady} onClose={onClose} />
      <KeyError error={error} />
    </form>
  )
}

/** Another passphrase in the place of one. */
export function ChangePassphrase({ path, onClose }: FormProps) {
  const client = useQueryClient()
  const [old, setOld] = useState('')
  const [typed, setTyped] = useState(NO_PASSPHRASE)
  const { send, busy, error } = useAction(changeRepositoryPassphrase)
  const change = async (event: FormEvent) => {
    event.preventDefault()
    if (!(await send({ repositoryPath: path, old, passphrase: typed.first }))) return
    await client.invalidateQueries()
    tell('The passphrase is changed. The old one opens nothing any more.')
    onClose()
  }
  return (
    <form className="stack" onSubmit={(event) => void change(event)} aria-label="Change a passphrase">
      <div className="s3">
        <label className="fld">
          <span>Old passphrase</span>
          <input className="inp" type="password" autoComplete="off" required value={old} onChange={(event) => setOld(event.target.value)} />
        </label>
        <PassphraseFields label="New passphrase" required value={typed} onChange={setTyped} />
      </div>
      <Buttons word="Change it" busy={busy} isReady={typed.first !== '' && passphraseProblem(typed) === null} onClose={onClose} />
      <KeyError error={error} />
    </form>
  )
}

/** What opens a repository of which this host has no key. */
export function Unlock({ path }: { path: string }) {
  const client = useQueryClient()
  const [typed, setTyped] = useState(NO_OPENING)
  const { send, busy, error } = useAction(unlockRepository)
  const unlock = async (event: FormEvent) => {
    event.preventDefault()
    if (!(await send({ repositoryPath: path, ...secretOfOpening(typed) }))) return
    tell('This host has a key of its own now: backups need nobody.')
    await client.invalidateQueries()
  }
  return (
    <form className="stack" onSubmit={(event) => void unlock(event)} aria-label="Unlock the repository">
      <div className="s3">
        <SecretFields value={typed} onChange={setTyped} />
      </div>
      <div className="fx wrap">
        <button type="submit" className="btn p" disabled={busy}>
          {busy ? 'Trying…' : 'Unlock'}
        </button>
      </div>
      <KeyError error={error} />
    </form>
  )
}

function Buttons({ word, busy, isReady, onClose }: { word: string; busy: boolean; isReady: boolean; onClose(): void }) {
  return (
    <div className="fx wrap">
      <button type="submit" className="btn p" disabled={busy || !isReady}>
        {busy ? 'Working…' : word}
      </button>
      <button type="button" className="btn" onClick={onClose}>
        Cancel
      </button>
    </div>
  )
}
