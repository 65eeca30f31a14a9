import type { HostSource } from '#lib/contracts/host.ts'
import type { PathMap } from '#lib/contracts/workspace.ts'
import { draftOfReplica, type ReplicaDraft } from '../replicas/replica-draft.ts'
import { NO_OPENING, type TypedOpening } from '../repository/secret-fields.tsx'

/** What the form for a lost host holds. */
export interface HostDraft {
  kind: HostSource['kind']
  /** Of a repository or an exported file. */
  path: string
  /** The copy at another place. */
  place: ReplicaDraft
  opening: TypedOpening
  /** The repository there turned out to be encrypted. */
  isSealed: boolean
  /** Everything that the host had, each back to where it lay; else one workspace, to a root of its own. */
  isWhole: boolean
  /** Where single ones of all go instead. */
  roots: { workspace: string; root: string }[]
  /** Ids of workspaces that somebody leaves for later. */
  out: string[]
  /** Of all, what was newest at this time in UTC, as a field for a time has it; '' = the newest known-good one of each. */
  at: string
  /** Keys of items that stay in the archives of all. */
  leaveOut: string[]
  /** Which workspace; '' = the only one. */
  workspace: string
  root: string
  maps: PathMap[]
  rewriteConfig: boolean
}

const NO_PLACE: ReplicaDraft = { ...draftOfReplica(null), kind: 's3' }

export const NEW_HOST: HostDraft = {
  ...{ kind: 'place', path: '', place: NO_PLACE, opening: NO_OPENING, isSealed: false },
  ...{ isWhole: true, roots: [], out: [], at: '', leaveOut: [], workspace: '', root: '', maps: [], rewriteConfig: false },
}

/** The archive of each that a time stands for, and back. */
export const archiveAt = (at: string): string | null => (at === '' ? null : `@${at}Z`)
export const timeOfArchive = (archive: string | null): string => {
  const ms = archive?.startsWith('@') ? Date.parse(archive.slice(1)) : Number.NaN
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().slice(0, 16)
}

/** The same without what opens anything. */
export const withoutSecrets = (draft: HostDraft): HostDraft => ({
  ...draft,
  place: { ...draft.place, secretAccessKey: '', password: '', privateKey: '', passphrase: '' },
  opening: { ...draft.opening, text: '' },
})

/** A whole draft of one that was kept, maybe by another version of this page. */
export const reviveDraft = (kept: Partial<HostDraft>): HostDraft => ({ ...NEW_HOST, ...kept, place: { ...NO_PLACE, ...kept.place } })

/** What is left to say once a workspace is on its way back: the next one comes from what this console knows by then. */
export const nextDraft = ({ isWhole, at, maps, rewriteConfig }: HostDraft): HostDraft => ({
  ...NEW_HOST,
  ...{ kind: 'known', isWhole, at, maps, rewriteConfig },
})
