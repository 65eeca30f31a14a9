'use client'
import { IconAlertTriangle, IconLock, IconLockOpen } from '@tabler/icons-react'
import { useState } from 'react'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { Repositories, RepositoryView } from '#lib/contracts/repository-keys.ts'
import { CommandPopover, ErrorNote, ICON, Reading, SectionHead, Time } from '../parts.tsx'
import { SettingsTabs } from '../settings/settings-tabs.tsx'
import { AttachedPlaces } from './attached-places.tsx'
import { AddKey, ChangePassphrase, Unlock } from './key-forms.tsx'
import { KeySlots } from './key-slots.tsx'
import { MigrateForm } from './migrate-form.tsx'
import { type MadeKey, RecoveryKeyNote } from './recovery-key-note.tsx'
import '../settings/settings.css'
import './repository.css'

/** The repositories of this home, and who can open them. */
export function RepositoriesView() {
  const may = useMay('settings')
  const { data, error, refetch } = useRead('listRepositories', {}, { enabled: may })
  const [made, setMade] = useState<MadeKey | null>(null)
  const goOn = () => {
    setMade(null)
    made?.afterwards()
  }
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>Repository</h1>
        <span className="sp" />
        <CommandPopover command="orchive repository key list" />
      </div>
      <SettingsTabs />
      {may ? null : <ErrorNote error={{ message: 'Your role may not see who can open archives.', hint: 'Ask an admin.' }} />}
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {made ? <RecoveryKeyNote recoveryKey={made.recoveryKey} path={made.path} onKept={goOn} /> : null}
      {may && !data && !error ? <Reading rows={5} /> : null}
      {data?.repositories.map((repository) => (
        <RepositoryCard key={repository.path} repository={repository} onKey={setMade} />
      ))}
      {data && data.places.length > 0 ? <AttachedPlaces places={data.places} /> : null}
      {data && data.replaced.length > 0 ? <Replaced replaced={data.replaced} /> : null}
    </div>
  )
}

interface CardProps {
  repository: RepositoryView
  /** A key that was made has to be seen, whatever becomes of the repository on this page. */
  onKey(made: MadeKey): void
}

function RepositoryCard({ repository, onKey }: CardProps) {
  const { path, id, state, problem, isEncrypted, isDefault, workspaces, keyFile } = repository
  return (
    <section className="scard" aria-label={path}>
      <h2 className="rpath mono brk">{path}</h2>
      <dl className="kv">
        <dt>Archives are</dt>
        <dd>
          {state === 'none' ? (
            'not there yet: it is made with the first workspace'
          ) : isEncrypted ? (
            <span className="lock">
              <IconLock {...ICON} /> encrypted
            </span>
          ) : (
            <span className="lock">
              <IconLockOpen {...ICON} /> not encrypted: whoever can read this folder, or a copy of it, can read every archive
            </span>
          )}
        </dd>
        <dt>Used by</dt>
        <dd>
          {workspaces.length > 0 ? workspaces.join(', ') : 'no workspace yet'}
          {isDefault ? '; new workspaces go here' : ''}
        </dd>
        {keyFile ? (
          <>
            <dt>Key of this host</dt>
            <dd className="mono brk">{keyFile}</dd>
          </>
        ) : null}
        {id ? (
          <>
            <dt>Its id</dt>
            <dd className="mono brk">{id}</dd>
          </>
        ) : null}
      </dl>
      {problem ? (
        <div className={`note ${state === 'locked' ? 'warn' : 'bad'}`} role="alert">
          <IconAlertTriangle {...ICON} />
          <p>
            {state === 'locked'
              ? 'Locked: this host has no key that opens it, so nothing is backed up and nothing can be restored.'
              : problem}
          </p>
        </div>
      ) : null}
      {state === 'locked' ? <Unlock path={path} /> : null}
      {state === 'open' ? <Keys repository={repository} onKey={onKey} /> : null}
    </section>
  )
}

type Form = 'passphrase' | 'key' | 'change' | 'migrate'

function Keys({ repository, onKey }: CardProps) {
  const [open, setOpen] = useState<Form | null>(null)
  const close = () => setOpen(null)
  const { path, isEncrypted, slots } = repository
  const hasPassphrase = slots.some(({ kind }) => kind === 'passphrase')
  return (
    <>
      {isEncrypted ? (
        <div className="stack">
          <SectionHead id={`keys-${repository.id}`} title="Who can open it" aside={`${slots.length} key slots`} />
          <KeySlots repository={repository} />
        </div>
      ) : null}
      <div className="fx wrap">
        {isEncrypted ? (
          <>
            <button type="button" className="btn" onClick={() => setOpen('passphrase')}>
              Add a passphrase
            </button>
            <button type="button" className="btn" onClick={() => setOpen('key')}>
              Make a recovery key
            </button>
            {hasPassphrase ? (
              <button type="button" className="btn" onClick={() => setOpen('change')}>
                Change a passphrase
              </button>
            ) : null}
          </>
        ) : null}
        <button type="button" className="btn" onClick={() => setOpen('migrate')}>
          {isEncrypted ? 'Give it other keys' : 'Encrypt it'}
        </button>
      </div>
      {open === 'passphrase' || open === 'key' ? <AddKey key={open} path={path} kind={open} onKey={onKey} onClose={close} /> : null}
      {open === 'change' ? <ChangePassphrase path={path} onClose={close} /> : null}
      {open === 'migrate' ? <MigrateForm repository={repository} onKey={onKey} onClose={close} /> : null}
    </>
  )
}

function Replaced({ replaced }: Pick<Repositories, 'replaced'>) {
  return (
    <section className="stack" aria-labelledby="replaced">
      <SectionHead id="replaced" title="Replaced" aside="kept as they were; nothing is written there any more" />
      {replaced.map(({ path, by, at }) => (
        <p key={path} className="brk">
          <span className="mono">{path}</span>, by <span className="mono">{by}</span> on <Time iso={at} />. Delete it once nobody needs it.
        </p>
      ))}
    </section>
  )
}
