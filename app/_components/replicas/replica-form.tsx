'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { addReplica, changeReplica, testReplica } from '#app/actions.ts'
import { focusFirst } from '#lib/client/focus-first.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { Replica, Replicas, ReplicaTest } from '#lib/contracts/replica.ts'
import { Field, SelectField } from '../field.tsx'
import { ErrorNote } from '../parts.tsx'
import { KeepFields } from './keep-fields.tsx'
import { PlaceFields } from './place-fields.tsx'
import { draftOfReplica, keepingOfDraft, type ReplicaDraft, secretsOfDraft, targetOfDraft } from './replica-draft.ts'
import { KINDS } from './replica-words.ts'
import { TestFacts, TestReport } from './test-report.tsx'

export type SetDraft = (change: Partial<ReplicaDraft>) => void

/** Failures that end when the place is there, rather than when the form says something else. */
const IS_OF_THE_PLACE = /^(storage_|io_failed|repository_full)/

/** A new replica, or one that is changed. */
export function ReplicaForm({ shown, replica, onClose }: { shown: Replicas; replica: Replica | null; onClose(): void }) {
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => draftOfReplica(replica))
  const [tested, setTested] = useState<ReplicaTest | null>(null)
  const [isUntried, setUntried] = useState(false)
  const adding = useAction(addReplica)
  const changing = useAction(changeReplica)
  const testing = useAction(testReplica)
  const set: SetDraft = (change) => setDraft({ ...draft, ...change })
  const test = async () => {
    setTested(null)
    const secrets = secretsOfDraft(draft)
    const input = {
      workspace: shown.workspaceId,
      target: targetOfDraft(draft),
      ...(secrets ? { secrets } : {}),
      ...(replica ? { replica: replica.id } : {}),
    }
    setTested(await testing.send(input))
  }
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const secrets = secretsOfDraft(draft)
    const kept = { name: draft.name, target: targetOfDraft(draft), ...keepingOfDraft(draft), ...(secrets ? { secrets } : {}) }
    const saved = replica
      ? await changing.send({ replica: replica.id, ...kept, isUntried })
      : await adding.send({ workspace: shown.workspaceId, ...kept, secrets: secrets ?? { kind: 'none' }, isUntried })
    if (!saved) return
    notifications.show({
      closeButtonProps: { 'aria-label': 'Close' },
      message: replica ? `${saved.name} is changed.` : `${saved.name} is added. Its first sync begins by itself, or now with Sync now.`,
    })
    await client.invalidateQueries()
    onClose()
  }
  const saving = replica ? changing : adding
  const error = saving.error ?? testing.error
  return (
    <form
      ref={focusFirst}
      className="scard"
      onSubmit={(event) => void save(event)}
      aria-label={replica ? `Replica ${replica.name}` : 'New replica'}
    >
      <h3>{replica ? `Change ${replica.name}` : 'New replica'}</h3>
      <div className="s3">
        <Field label="Name" required maxLength={80} value={draft.name} onText={(name) => set({ name })} />
        <SelectField
          label="Kind of place"
          value={draft.kind}
          options={KINDS}
          isFixed={replica !== null}
          onValue={(kind) => set({ kind })}
        />
      </div>
      <PlaceFields draft={draft} set={set} hasSecrets={replica?.hasSecrets ?? false} />
      <div className="fx wrap">
        <button type="button" className="btn" disabled={testing.busy} onClick={() => void test()}>
          {testing.busy ? 'Testing…' : 'Test the place'}
        </button>
      </div>
      {tested ? (
        <TestReport tested={tested} confirmed={draft.fingerprint} onConfirm={(fingerprint) => set({ fingerprint })}>
          <TestFacts tested={tested} />
        </TestReport>
      ) : null}
      <KeepFields draft={draft} set={set} />
      <div className="phead">
        <button type="submit" className="btn p" disabled={saving.busy}>
          {saving.busy ? 'Trying the place…' : 'Save replica'}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Discard
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
      {isUntried || (saving.error && IS_OF_THE_PLACE.test(saving.error.code)) ? (
        <label className="ck">
          <input type="checkbox" checked={isUntried} onChange={(event) => setUntried(event.target.checked)} />
          <span>Save it without trying the place, which cannot be reached yet</span>
        </label>
      ) : null}
    </form>
  )
}
