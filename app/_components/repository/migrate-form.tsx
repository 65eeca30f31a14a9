'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { startMigration } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { plural } from '#lib/base/plural.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { RepositoryView } from '#lib/contracts/repository-keys.ts'
import { Field } from '../field.tsx'
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
  const [isMoving, setMoving] = useState(true)
  const [given, setGiven] = useState('')
  const leaveOut = archivesIn(given)
  const [typed, setTyped] = useState(NO_PASSPHRASE)
  const { send, busy, error } = useAction(startMigration)
  const first = workspaces?.[0]?.id
  const toJob = (jobId: string) => void (first !== undefined && router.push(`/w/${first}/jobs/${jobId}`))
  const begin = async (event: FormEvent) => {
    event.preventDefault()
    const sent = { repositoryPath: repository.path, to: to.trim(), isEncrypted: !isPlain, isSwitch, areReplicasLeft: !isMoving, leaveOut }
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
      {isSwitch && repository.replicas.length > 0 ? (
        <ReplicasMove replicas={repository.replicas} isMoving={isMoving} onMoving={setMoving} />
      ) : null}
      {repository.isEncrypted ? (
        <label className="ck">
          <input type="checkbox" checked={isPlain} onChange={(event) => setPlain(event.target.checked)} /> Without encryption: whoever can
          read the new folder can read every archive
        </label>
      ) : null}
      <details>
        <summary>Give up archives that cannot be read</summary>
        <Field
          label="Ids of the archives, with spaces between"
          className="inp mono"
          value={given}
          placeholder="arc_…"
          onText={setGiven}
          hint={
            leaveOut.length === 0
              ? 'Without this, an archive that cannot be read whole ends the migration, and the error names it.'
              : `${plural(leaveOut.length, 'archive')} will not be in the new repository. The old one keeps what is left of ${leaveOut.length === 1 ? 'it' : 'them'}.`
          }
        />
      </details>
      <div className="fx wrap">
        <button type="submit" className="btn p" disabled={busy || passphraseProblem(typed) !== null}>
          {busy ? 'Starting…' : 'Write it anew'}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Cancel
        </button>
        <CommandPopover command={commandOf(repository, { to, isPlain, isSwitch, areReplicasLeft: !isMoving, leaveOut })} />
      </div>
      <KeyError error={error} />
    </form>
  )
}

/** What becomes of each replica of the old repository. */
function ReplicasMove(props: { replicas: RepositoryView['replicas']; isMoving: boolean; onMoving(isMoving: boolean): void }) {
  const { replicas, isMoving, onMoving } = props
  return (
    <div className="moves">
      <label className="ck">
        <input type="checkbox" checked={isMoving} onChange={(event) => onMoving(event.target.checked)} />{' '}
        {plural(replicas.length, 'replica')} {replicas.length === 1 ? 'goes' : 'go'} on beside the old place, where everything is copied
        anew
      </label>
      <ul>
        {replicas.map(({ name, place }) => (
          <li key={name}>
            <b>{name}</b> <span className="mono brk">{place}</span>
          </li>
        ))}
      </ul>
      <p className="q">
        {isMoving
          ? 'The new folder or prefix has the old name, with the beginning of the new repository’s id behind it. It is tried first; a replica that cannot go on there says why, and waits for another place. What lies at the old place is neither changed nor mixed with the new copies; delete it once nobody needs it.'
          : 'They copy nothing until each is given another folder or prefix: what lies at their places is of the old repository.'}
      </p>
    </div>
  )
}

/** Each whole word is one. */
const archivesIn = (text: string) => [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))] as `arc_${string}`[]

interface Chosen {
  to: string
  isPlain: boolean
  isSwitch: boolean
  areReplicasLeft: boolean
  leaveOut: readonly string[]
}

function commandOf({ path, isEncrypted }: RepositoryView, { to, isPlain, isSwitch, areReplicasLeft, leaveOut }: Chosen) {
  return commandText([
    ...['orchive', 'repository', 'migrate', to.trim() || 'DIR', `--repository=${path}`],
    ...(isPlain ? ['--plain'] : isEncrypted ? [] : ['--encrypt']),
    ...(isSwitch ? ['--switch'] : []),
    ...(isSwitch && areReplicasLeft ? ['--leave-replicas'] : []),
    ...leaveOut.map((id) => `--leave-out=${id}`),
  ])
}
