import type { JobId } from '#lib/base/ids.ts'
import type { Finding } from '../finding.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { ArchiveReader, Repository } from '../repository/repository.ts'
import type { ArchiveVerdict } from '../verify/verify-types.ts'

export type DrillStepKey = 'sweep' | 'prepare' | 'verify' | 'restore' | 'compare' | 'content' | 'config' | 'command' | 'clean'
/** `failed` speaks against the archive, `broke` against the host. */
export type DrillStepOutcome = 'passed' | 'failed' | 'broke' | 'skipped'

export interface DrillStep {
  key: DrillStepKey
  title: string
  outcome: DrillStepOutcome
  durationMs: number
  /** What was seen, in a sentence. */
  evidence: string
}

export type DrillVerdict = 'passed' | 'archive-bad' | 'environment-broke'

/** Where a drill works: a folder of its own, which holds the restored tree and the relocated config. */
export interface DrillPlace {
  folder: string
  /** The archive's own paths. */
  root: string
  /** The archived config with its paths led into `root`. */
  configPath: string
}

/** How the host's own drill command ended. */
export interface CommandEnd {
  outcome: Exclude<DrillStepOutcome, 'skipped'>
  evidence: string
}

/** The host's drill command; the engine only knows when it is due. */
export interface DrillCommand {
  /** Whether it can be run at all; null = it can, else why not. */
  problem(): string | null
  run(place: DrillPlace): Promise<CommandEnd>
}

export interface DrillProgress {
  phase: string
  filesDone: number
  filesTotal: number | null
  bytesDone: number
  bytesTotal: number | null
  currentPath: string | null
}

export interface DrillInput {
  repository: Repository
  reader: ArchiveReader
  manifest: Manifest
  /** The drill's own folder; it is made, and gone at the end. Its parent is made if need be and stays. */
  folder: string
  jobId: JobId
  /** Clears away what earlier drills left behind; tells what it did. */
  sweep: () => string
  /** Null = none is configured. */
  command: DrillCommand | null
  signal?: AbortSignal | undefined
  onProgress?: ((progress: DrillProgress) => void) | undefined
  onLog?: ((message: string) => void) | undefined
}

/** What a drill found out. */
export interface DrillResult {
  verdict: DrillVerdict
  steps: DrillStep[]
  /** Worst first. */
  findings: Finding[]
  /** Of the levels below the drill; null when it did not come so far. */
  verified: ArchiveVerdict | null
  restoredFiles: number
  restoredBytes: number
  durationMs: number
}
