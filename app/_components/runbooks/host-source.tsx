'use client'
import { useState } from 'react'
import { lookAtSource } from '#app/actions.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { HostSource, SourceLook } from '#lib/contracts/host.ts'
import { Field, SelectField } from '../field.tsx'
import { placeOptions } from '../replicas/place-command.ts'
import { PlaceFields } from '../replicas/place-fields.tsx'
import { type ReplicaDraft, secretsOfDraft, targetOfDraft } from '../replicas/replica-draft.ts'
import { KINDS } from '../replicas/replica-words.ts'
import { TestReport } from '../replicas/test-report.tsx'
import { KeyError } from '../repository/key-error.tsx'
import { SecretFields, secretOfOpening, type TypedOpening } from '../repository/secret-fields.tsx'
import type { HostDraft } from './host-draft.ts'

export type SourceKind = HostSource['kind']

const SOURCES: Record<SourceKind, [string, string]> = {
  place: ['A copy at another place', 'A bucket, a server with SFTP, or a mounted disk that the lost host copied to. It is only read.'],
  repository: ['A repository', 'A folder on this host with a copy of it, which is taken over: backups go on in it.'],
  tar: ['An exported archive', 'One .tar, .tar.gz or .tar.zst file that was exported from Orchive.'],
  known: ['What this console knows', 'A workspace that is registered here, or was a moment ago.'],
}

/** The part of the form that says where it comes from, and how its place was found. */
export function useHostSource(form: HostDraft, change: (part: Partial<HostDraft>) => void) {
  const { kind, path, place, opening, isSealed } = form
  const [look, setLook] = useState<SourceLook | null>(null)
  const looking = useAction(lookAtSource)
  /** What was found is of what was entered then. */
  const anew = (part: Partial<HostDraft>) => {
    setLook(null)
    looking.clear()
    change(part)
  }
  const lookThere = async (): Promise<HostSource | null> => {
    setLook(null)
    looking.clear()
    const source =
      kind === 'place' ? ({ kind, target: targetOfDraft(place), secrets: secretsOfDraft(place) ?? { kind: 'none' } } as const) : null
    const found = await looking.send({
      source: source ?? { kind: 'repository', path: path.trim() },
      ...(isSealed ? secretOfOpening(opening) : {}),
    })
    setLook(found)
    if (found?.isEncrypted) change({ isSealed: true })
    return found?.source ?? null
  }
  return {
    ...{ kind, path, draft: place, opening, isSealed, look, isLooking: looking.busy, error: looking.error, lookThere },
    choose: (chosen: SourceKind) => anew({ kind: chosen, isSealed: false }),
    setOpening: (typed: TypedOpening) => change({ opening: typed }),
    setPath: (text: string) => anew({ path: text }),
    setDraft: (part: Partial<ReplicaDraft>) => anew({ place: { ...place, ...part } }),
    /** Where the archive comes from, tried before it is told where there is something to try; null = it does not work, and the form says why. */
    settle: async (): Promise<HostSource | null> =>
      kind === 'known' ? { kind } : kind === 'tar' ? { kind, path: path.trim() } : await lookThere(),
    /** What somebody would type for it. */
    options: [
      ...(kind === 'repository' ? ['--repository', path.trim() || 'DIR'] : []),
      ...(kind === 'tar' ? ['--from-tar', path.trim() || 'FILE'] : []),
      ...(kind === 'place' ? placeOptions(targetOfDraft(place)) : []),
      ...(isSealed ? [opening.kind === 'key' ? '--key-file' : '--passphrase-file', 'FILE'] : []),
    ],
  }
}

export type HostSourceForm = ReturnType<typeof useHostSource>

/** Which kind of source it is. */
export function SourceChoice({ source, hasKnown }: { source: HostSourceForm; hasKnown: boolean }) {
  return (
    <fieldset className="modes">
      <legend className="h">Bring it back from</legend>
      {(Object.keys(SOURCES) as SourceKind[]).map((one) => (
        <label key={one} className="ck">
          <input
            type="radio"
            name="source"
            checked={source.kind === one}
            disabled={one === 'known' && !hasKnown}
            onChange={() => source.choose(one)}
          />
          <span>
            <b>{SOURCES[one][0]}</b> <span className="q">{SOURCES[one][1]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** Found, and nothing was given yet that could open it: that is no failure. */
const isOnlySealed = ({ steps }: SourceLook) => steps.at(-1)?.error?.code === 'repository_sealed'

const archivesText = (count: number) =>
  count === 0 ? 'No archive is listed there' : count === 1 ? 'One archive lies there' : `${count} archives lie there`

/** Where it lies, what opens it, and how it was found. */
export function SourceFields({ source }: { source: HostSourceForm }) {
  const { kind, path, draft, look, isSealed, isLooking, opening, error } = source
  if (kind === 'known') return null
  if (kind === 'tar')
    return (
      <Field label="Exported file" className="inp mono" required value={path} placeholder="/mnt/usb/prod.tar.zst" onText={source.setPath} />
    )
  return (
    <>
      {kind === 'repository' ? (
        <Field
          label="Folder of the repository"
          className="inp mono"
          required
          value={path}
          placeholder="/mnt/backup/orchive"
          onText={source.setPath}
        />
      ) : (
        <>
          <div className="s3">
            <SelectField label="Kind of place" value={draft.kind} options={KINDS} onValue={(value) => source.setDraft({ kind: value })} />
          </div>
          <PlaceFields draft={draft} set={source.setDraft} isSource />
        </>
      )}
      {isSealed ? (
        <fieldset className="fs stack">
          <legend>What opens it</legend>
          <p role="status">The repository there is encrypted. Once it is opened, this host gets a key of its own.</p>
          <div className="s3">
            <SecretFields value={opening} onChange={source.setOpening} />
          </div>
        </fieldset>
      ) : null}
      <div className="fx wrap">
        <button type="button" className="btn" disabled={isLooking} onClick={() => void source.lookThere()}>
          {isLooking ? 'Testing…' : 'Test the place'}
        </button>
      </div>
      {look && !isOnlySealed(look) ? (
        <TestReport tested={look} confirmed={draft.fingerprint} onConfirm={(fingerprint) => source.setDraft({ fingerprint })}>
          {look.archives === null ? null : (
            <p>
              {archivesText(look.archives)}.{' '}
              {look.isEncrypted
                ? 'The repository is encrypted, and this host has a key of its own now.'
                : 'The repository is not encrypted.'}
              {kind === 'place' && draft.objectLock !== '' ? ' What somebody deleted is put back with the plan.' : ''}
            </p>
          )}
        </TestReport>
      ) : null}
      <KeyError error={error} kept="What you typed here stays for when you are back, except keys and passphrases." />
    </>
  )
}
