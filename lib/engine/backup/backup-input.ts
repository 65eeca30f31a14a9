import type { Clock } from '#lib/base/clock.ts'
import type { SeriesId, WorkspaceId } from '#lib/base/ids.ts'
import type { Lease } from '../repository/lease.ts'
import type { ArchiveKind, Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { Resolution } from '../workspace/resolved-item.ts'

export interface BackupInput {
  repository: Repository
  workspace: {
    id: WorkspaceId
    name: string
    root: string
    configPath: string
    maps: { from: string; to: string }[]
    extraItems: { key: string; importance: 'critical' | 'high' | 'medium' }[]
  }
  /** What the config means now. */
  resolution: Resolution
  series: SeriesId
  kind: ArchiveKind
  /** Takes no archive when it would hold exactly what the newest one holds, and that one is not suspect. */
  skipUnchanged?: boolean
  note: string | null
  actor: string
  /** Version of Orchive. */
  tool: string
  /** Takes only these archive paths (text form), whose folders must be among them, and names only the items that they are of. Default: everything. */
  only?: (path: string) => boolean
  /** Read everything, whatever the disk says. */
  rescan: boolean
  /** Null = no cache: everything is read and nothing kept for next time. */
  statCachePath: string | null
  /** False: the cache is used but left as it is, e.g. for a safety archive, which is a series of its own. */
  keepStatCache?: boolean
  clock: Clock
  /** A lease already held; else one is taken and released here. */
  lease?: Lease
  waitMs?: number
  signal?: AbortSignal
  /** Called when everything is read and packed; what it throws leaves nothing listed. */
  beforePublish?: (() => void) | undefined
  onProgress?(progress: BackupProgress): void
  onLog?(level: 'info' | 'warning', message: string): void
}

export interface BackupProgress {
  phase: 'waiting' | 'reading' | 'publishing'
  filesDone: number
  /** Null until the walk is through. */
  filesTotal: number | null
  bytesDone: number
  bytesTotal: number | null
  currentPath: string | null
}

export interface BackupOutcome {
  manifest: Manifest
  /** Nothing had changed: no archive was taken, and the manifest is that of the newest one. */
  isUnchanged: boolean
  /** Files that were opened and read; the others were unchanged by stat. */
  filesRead: number
}
