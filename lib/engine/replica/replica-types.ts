import type { Clock } from '#lib/base/clock.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '../finding.ts'
import type { OpenUndos } from '../prune/open-undos.ts'
import type { Repository } from '../repository/repository.ts'
import type { RetentionPolicy } from '../retention/policy.ts'
import type { Storage, Tampering } from '../storage/storage.ts'
import type { Owner } from './claim-place.ts'
import type { PlaceMemory } from './place-memory.ts'

export interface SyncProgress {
  phase: 'looking at the copy' | 'reading archives' | 'copying' | 'checking the copy' | 'extending locks' | 'taking away'
  objectsDone: number
  /** Null = not known. */
  objectsTotal: number | null
  bytesDone: number
  bytesTotal: number | null
  current: string | null
}

/** What a sync does, and to what. */
export interface SyncInput {
  host: Repository
  place: Storage
  /** Opens a repository with the keys of the host's own. */
  open: (storage: Storage) => Promise<Repository>
  workspaceId: WorkspaceId
  owner: Owner
  isTakeOver: boolean
  /** What the copy keeps, whatever the host does. */
  policy: RetentionPolicy
  timeZone: string
  undos: OpenUndos
  /** Everything that an archive needs stays locked for so long from each sync on; null = no locks. */
  lockDays: number | null
  /** So much of what is there is read back in this run, the longest unchecked first. */
  recheckBytes: number
  memory: PlaceMemory
  /** Makes the memory durable. */
  saveMemory: () => void
  clock: Clock
  /** Transfers at once. */
  parallel?: number
  signal?: AbortSignal | undefined
  onProgress?: ((progress: SyncProgress) => void) | undefined
}

/** Where an archive stands on the copy. */
export interface ArchiveOnCopy {
  archiveId: ArchiveId
  createdAt: string
  /**
   * `copied`: whole on the copy. `waiting`: will be copied. `incomplete`: listed there with something missing that the host does not have either.
   * `not-kept`: the copy's own policy does not want it.
   */
  state: 'copied' | 'waiting' | 'incomplete' | 'not-kept'
  isOnHost: boolean
  lockedUntil: string | null
}

/** What a sync did, or would do. */
export interface SyncFigures {
  archives: ArchiveOnCopy[]
  /** Archives that got to the copy in this run, or would. */
  archivesCopied: number
  objectsPut: number
  bytesPut: number
  /** All there is at the end, other workspaces' archives included. */
  objectsThere: number
  bytesThere: number
  forgotten: ArchiveId[]
  freedBytes: number
  /** Dead, and kept by a lock. */
  lockedBytes: number
  checkedObjects: number
  checkedBytes: number
  /** Objects of the copy that were damaged, and of these the ones put right from the host. */
  damaged: string[]
  healed: string[]
  /** Objects that were on the copy and are gone, none of our doing. */
  vanished: string[]
  tampering: Tampering[]
  locksExtended: number
  findings: Finding[]
}
