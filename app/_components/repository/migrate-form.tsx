'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { startMigration } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { RepositoryView } from '#lib/contracts/repository-keys.ts'
import { CommandPopover } from '../parts.tsx'
import { KeyError } from './key-error.tsx'
import { NO_PASSPHRASE, PassphraseFields, passphraseProblem } from './passphrase-fields.tsx'
import type { MadeKey } from './recovery-key-note.tsx'

interface MigrateFormProps {
  repository: RepositoryView
  /** The key outlives this form: the repository that it belongs to goes from the page when the new one takes over. */
  onKey(made: MadeKey): void
  onClose(): void
}

/** Writes a repository anew into an empty folder, encrypted or with other keys; the job shows how far it is. */
export function MigrateForm({ repository, onKey, onClose }: MigrateFormProps) {
  const router = useRouter()
  const client = useQueryClient()
  const { data: workspaces } = useRead('listWorkspaces', {})
  const [to, setTo] = useState('')
  const [isPlain, setPlain] = useState(false)
  const [isSwitch, setSwitch] = useState(true)
  const [typed, setTyped] = useState(NO_PASSPHRASE)
  const { send, busy, error } = useAction(startMigration)
  const first = workspaces?.[0]?.id
  const toJob = (jobId: string) => void (first !== undefined && router.push(`/w/${first}/jobs/${jobId}`))
  const begin = async (event: FormEvent) => {
    event.preventDefault()
    const sent = { repositoryPath: repository.path, to: to.trim(), isEncrypted: !isPlain, isSwitch }
    const job = await send({ ...sent, ...(isPlain || typed.first === '' ? {} : { passphrase: typed.first }) })
    if (!job) return
    const { jobId, recoveryKey } = job
    if (recoveryKey === null) toJob(jobId)
    else onKey({ recoveryKey, path: to.trim(), afterwards: () => toJob(jobId) })
    onClose()
    await client.invalidateQueries()
  }
  return (
    <form className="stack" aria-label="Write it anew" onSubmit={(event) => void begin(event)}>
      <p>
        {repository.isEncrypted
          ? 'Everything is written into a new repository with other keys. Whoever had a key of this one opens nothing of the new one.'
          : 'Everything is written into a new repository, encrypted, with a recovery key that is shown once.'}{' '}
        Archives keep their ids, times, notes, holds and grades; what is written is read back. This one is only read, and stays where it is.
      </p>
      <div className="s3">
        <label className="fld">
          <span>Empty folder on this host; the same again to go on</span>
          <input
            className="inp mono"
            required
            pattern="/.*"
            placeholder="/mnt/backup/orchive"
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        </label>
        {isPlain ? null : <PassphraseFields label="Passphrase, if you want one besides the key" value={typed} onChange={setTyped} />}
      </div>
      <label className="ck">
        <input type="checkbox" checked={isSwitch} onChange={(event) => setSwitch(event.target.checked)} /> At the end, workspaces use the
        new one
      </label>
      {repository.isEncrypted ? (
        <label className="ck">
          <input type="checkbox" checked={isPlain} onChange={(event) => setPlain(event.target.checked)} /> Without encryption: whoever can
          read the new folder can read every archive
        </label>
      ) : null}
      <div className="fx wrap">
        <button type="submit" className="btn p" disabled={busy || passphraseProblem(typed) !== null}>
          {busy ? 'Starting…' : 'Start'}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Cancel
        </button>
        <CommandPopover command={commandOf(repository, { to, isPlain, isSwitch })} />
      </div>
      <KeyError error={error} />
    </form>
  )
}

function commandOf({ path, isEncrypted }: RepositoryView, { to, isPlain, isSwitch }: { to: string; isPlain: boolean; isSwitch: boolean }) {
  return commandText([
    ...['orchive', 'repository', 'migrate', to.trim() || 'DIR', `--repository=${path}`],
    ...(isPlain ? ['--plain'] : isEncrypted ? [] : ['--encrypt']),
    ...(isSwitch ? ['--switch'] : []),
  ])
}
