'use client'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { renameRepositoryKey, revokeRepositoryKey } from '#app/actions.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { KeySlotView, RepositoryView } from '#lib/contracts/repository-keys.ts'
import { Time } from '../parts.tsx'
import { KeyError } from './key-error.tsx'

/** Who can open an encrypted repository, one a row. */
export function KeySlots({ repository }: { repository: RepositoryView }) {
  return (
    <div className="kslots">
      {repository.slots.map((slot) => (
        <Slot key={slot.id} slot={slot} repository={repository} />
      ))}
    </div>
  )
}

function Slot({ slot, repository }: { slot: KeySlotView; repository: RepositoryView }) {
  const [open, setOpen] = useState<'rename' | 'revoke' | null>(null)
  const isLast = repository.slots.length === 1
  return (
    <article className="chan" aria-label={slot.label}>
      <div>
        <h3>
          {slot.label} {slot.isOfThisHost ? <span className="q">this host</span> : null}
        </h3>
        <p className="q">
          {slot.kind === 'passphrase' ? 'Passphrase' : 'Key'}, since <Time iso={slot.createdAt} /> UTC ·{' '}
          <span className="mono">{slot.id}</span>
        </p>
      </div>
      <div className="acts">
        <button type="button" className="btn sm" aria-label={`Rename ${slot.label}`} onClick={() => setOpen('rename')}>
          Rename
        </button>
        {slot.isOfThisHost || isLast ? null : (
          <button type="button" className="btn sm" aria-label={`Revoke ${slot.label}`} onClick={() => setOpen('revoke')}>
            Revoke
          </button>
        )}
      </div>
      {open === 'rename' ? <Rename slot={slot} path={repository.path} onClose={() => setOpen(null)} /> : null}
      {open === 'revoke' ? <Revoke slot={slot} path={repository.path} onClose={() => setOpen(null)} /> : null}
    </article>
  )
}

function Rename({ slot, path, onClose }: { slot: KeySlotView; path: string; onClose(): void }) {
  const client = useQueryClient()
  const [label, setLabel] = useState(slot.label)
  const { send, busy, error } = useAction(renameRepositoryKey)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (await send({ repositoryPath: path, slot: slot.id, label })) await client.invalidateQueries()
  }
  return (
    <form className="fx wrap wide" onSubmit={(event) => void save(event)}>
      <label className="fld">
        <span>Called</span>
        <input className="inp" required maxLength={100} value={label} onChange={(event) => setLabel(event.target.value)} />
      </label>
      <button type="submit" className="btn sm p" disabled={busy}>
        Rename
      </button>
      <button type="button" className="btn sm" onClick={onClose}>
        Leave it
      </button>
      <KeyError error={error} />
    </form>
  )
}

function Revoke({ slot, path, onClose }: { slot: KeySlotView; path: string; onClose(): void }) {
  const client = useQueryClient()
  const { send, busy, error } = useAction(revokeRepositoryKey)
  const revoke = async () => {
    if (await send({ repositoryPath: path, slot: slot.id })) await client.invalidateQueries()
  }
  return (
    <div className="wide">
      <p>
        It opens nothing any more from then on, also on copies, with their next sync. Who has opened the repository with it may have kept
        the master key: what keeps them out of later archives is a new repository with other keys, below.
      </p>
      <div className="fx wrap">
        <button type="button" className="btn sm d" disabled={busy} onClick={() => void revoke()}>
          Revoke {slot.label}
        </button>
        <button type="button" className="btn sm" onClick={onClose}>
          Keep it
        </button>
      </div>
      <KeyError error={error} />
    </div>
  )
}
