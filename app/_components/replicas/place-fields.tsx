'use client'
import { Field, SelectField } from '../field.tsx'
import type { ReplicaDraft } from './replica-draft.ts'
import type { SetDraft } from './replica-form.tsx'
import './places.css'

interface Props {
  draft: ReplicaDraft
  set: SetDraft
  /** What opens the place is kept already: left empty, it stays. */
  hasSecrets?: boolean
  /** Nothing is written there: copies of a lost host are read. */
  isSource?: boolean
}

/** Where copies lie, and what opens that place. */
export function PlaceFields(props: Props) {
  switch (props.draft.kind) {
    case 'folder':
      return <FolderFields {...props} />
    case 's3':
      return <BucketFields {...props} />
    case 'sftp':
      return <ServerFields {...props} />
  }
}

function FolderFields({ draft, set, isSource = false }: Props) {
  const hint = isSource
    ? 'A disk or a share that the lost host copied to, mounted here.'
    : 'On another disk, or a share that is mounted here. It is made when it is missing.'
  return (
    <>
      <div className="s3">
        <Field
          label="Folder on this host"
          required
          value={draft.path}
          placeholder="/mnt/second-disk/orchive"
          onText={(path) => set({ path })}
          hint={hint}
        />
        {isSource || draft.objectLock === '' ? null : <LockDays draft={draft} set={set} />}
      </div>
      {isSource ? null : (
        <label className="ck">
          <input
            type="checkbox"
            checked={draft.objectLock !== ''}
            onChange={(event) => set({ objectLock: event.target.checked ? 'governance' : '' })}
          />
          <span>Make files immutable for a time (the attribute “i” of ext4 and XFS; needs root)</span>
        </label>
      )}
    </>
  )
}

function BucketFields({ draft, set, hasSecrets = false, isSource = false }: Props) {
  const kept = hasSecrets ? 'Left empty: stays as it is.' : undefined
  return (
    <>
      <div className="s3">
        <Field
          label="Address of the store"
          type="url"
          value={draft.endpoint}
          placeholder="https://s3.example.org"
          onText={(endpoint) => set({ endpoint })}
          hint="Empty: AWS itself."
        />
        <Field label="Region" required value={draft.region} onText={(region) => set({ region })} />
        <Field label="Bucket" required value={draft.bucket} onText={(bucket) => set({ bucket })} />
        <Field
          label="Prefix"
          value={draft.prefix}
          onText={(prefix) => set({ prefix })}
          hint={isSource ? 'That of the lost host. Empty: the whole bucket.' : 'One host, one prefix. Empty: the whole bucket.'}
        />
        <Field
          label="Access key"
          autoComplete="off"
          required={!hasSecrets}
          value={draft.accessKeyId}
          onText={(accessKeyId) => set({ accessKeyId })}
          {...(kept ? { hint: kept } : {})}
        />
        <Field
          label="Secret key"
          type="password"
          autoComplete="new-password"
          required={!hasSecrets}
          value={draft.secretAccessKey}
          onText={(secretAccessKey) => set({ secretAccessKey })}
          {...(kept ? { hint: kept } : {})}
        />
        <SelectField
          label={isSource ? 'Object lock of these copies' : 'Undeletable for a time'}
          value={draft.objectLock}
          options={isSource ? LOCKS_OF_A_SOURCE : LOCKS}
          onValue={(objectLock) => set({ objectLock })}
          {...(isSource ? { hint: 'With it, what somebody deleted or overwrote there is put back first.' } : {})}
        />
        {draft.objectLock === '' || isSource ? null : <LockDays draft={draft} set={set} />}
      </div>
      {draft.endpoint.startsWith('http:') ? (
        <label className="ck">
          <input
            type="checkbox"
            checked={draft.isPlainHttpAllowed}
            onChange={(event) => set({ isPlainHttpAllowed: event.target.checked })}
          />
          <span>Send everything unencrypted over http (loopback and private addresses only)</span>
        </label>
      ) : null}
    </>
  )
}

const LOCKS: Record<ReplicaDraft['objectLock'], string> = {
  '': 'No: who has the keys can delete copies',
  governance: 'Object lock, governance: a special right may lift it',
  compliance: 'Object lock, compliance: nobody can lift it',
}

const LOCKS_OF_A_SOURCE: Record<ReplicaDraft['objectLock'], string> = { '': 'None', governance: 'Governance', compliance: 'Compliance' }

function LockDays({ draft, set }: Props) {
  return (
    <Field
      label="Locked for days"
      type="number"
      min={1}
      required
      value={draft.lockDays}
      onText={(lockDays) => set({ lockDays })}
      hint={
        draft.objectLock === 'compliance'
          ? 'From each sync on, for all that is still needed. Nobody can shorten it: what lies there is paid for until then.'
          : 'From each sync on, for all that is still needed.'
      }
    />
  )
}

function ServerFields({ draft, set, hasSecrets = false }: Props) {
  const isNew = !hasSecrets
  return (
    <>
      <div className="s3">
        <Field label="Host" required value={draft.host} onText={(host) => set({ host })} />
        <Field label="Port" type="number" min={1} max={65535} required value={draft.port} onText={(port) => set({ port })} />
        <Field label="User" required autoComplete="off" value={draft.user} onText={(user) => set({ user })} />
        <Field label="Folder on that host" required value={draft.path} placeholder="/srv/backup/orchive" onText={(path) => set({ path })} />
        <Field
          label="Host key"
          required
          value={draft.fingerprint}
          placeholder="SHA256:…"
          onText={(fingerprint) => set({ fingerprint })}
          hint="Test the place to see the key that it shows, and compare it before you confirm it."
        />
        <SelectField
          label="Sign in with"
          value={draft.sftpBy}
          options={{ password: 'A password', 'private-key': 'A private key' }}
          onValue={(sftpBy) => set({ sftpBy })}
        />
        {draft.sftpBy === 'password' ? (
          <Field
            label="Password"
            type="password"
            autoComplete="new-password"
            required={isNew && draft.fingerprint !== ''}
            value={draft.password}
            onText={(password) => set({ password })}
            {...(isNew ? {} : { hint: 'Left empty: stays as it is.' })}
          />
        ) : null}
      </div>
      {draft.sftpBy === 'private-key' ? (
        <>
          <label className="fld">
            <span>Private key</span>
            <textarea
              className="inp"
              spellCheck={false}
              value={draft.privateKey}
              placeholder={isNew ? '-----BEGIN OPENSSH PRIVATE KEY-----' : 'Left empty: stays as it is.'}
              onChange={(event) => set({ privateKey: event.target.value })}
            />
          </label>
          <div className="s3">
            <Field
              label="Passphrase of the key"
              type="password"
              autoComplete="new-password"
              value={draft.passphrase}
              onText={(passphrase) => set({ passphrase })}
              hint="Empty: it has none."
            />
          </div>
        </>
      ) : null}
    </>
  )
}
