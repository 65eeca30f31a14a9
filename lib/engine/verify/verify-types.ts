import type { ArchiveId } from '#lib/base/ids.ts'
import type { FrameId } from '../entry.ts'
import type { Finding } from '../finding.ts'

/** `bytes` is L1, `structure` L2, `content` L3, `config` L4; each includes those before it. */
export const VERIFY_LEVELS = ['bytes', 'structure', 'content', 'config'] as const
export type EngineVerifyLevel = (typeof VERIFY_LEVELS)[number]

/** The result for one level. */
export interface VerifyRung {
  level: 1 | 2 | 3 | 4
  passed: boolean
  durationMs: number
  findings: Finding[]
}

export interface VerifyProgress {
  phase: 'bytes' | 'structure' | 'content' | 'config' | 'repository'
  filesDone: number
  filesTotal: number | null
  bytesDone: number
  bytesTotal: number | null
  currentPath: string | null
}

/** What verifying one archive found. */
export interface ArchiveVerdict {
  archiveId: ArchiveId
  /** The highest level up to which every one passed; 0 = not even the bytes. */
  grade: 0 | 1 | 2 | 3 | 4
  /** One for each level that was asked for, from the lowest. */
  rungs: VerifyRung[]
  /** Of all rungs, worst first. */
  findings: Finding[]
  framesRead: number
  bytesRead: number
  durationMs: number
}

/** What a look at every pack found out, so that archives need not read them again. */
export interface RepositoryHealth {
  /** Frames that are stored damaged, with why. */
  badFrames: ReadonlyMap<FrameId, string>
  /** Objects that are damaged themselves, or missing where the head names them. */
  damaged: ReadonlySet<string>
  /** Sections that were looked at since, and are whole with every frame of their entries: archives that share them need not be read line by line. */
  soundSections: Map<FrameId, SoundSection>
}

/** What a section holds. */
export interface SoundSection {
  entries: number
  firstPath: string
  contentBytes: number
}

/** What verifying a whole repository found. */
export interface RepositoryVerdict {
  findings: Finding[]
  framesRead: number
  bytesRead: number
  durationMs: number
  health: RepositoryHealth
}

/** Findings of a list that grows with the damage are cut at this many, and the rest counted. */
export const MOST_FINDINGS = 200

/** A list of findings with a bound; what does not fit is counted in one last finding. */
export class FindingList {
  readonly all: Finding[] = []
  private leftOut = 0

  add(severity: Finding['severity'], code: string, path: string | null, message: string): void {
    if (this.all.length < MOST_FINDINGS) this.all.push({ severity, code, path, message })
    else this.leftOut++
  }

  /** The list, closed with the count of what was left out. */
  finish(): Finding[] {
    if (this.leftOut > 0) {
      this.all.push({ severity: 'error', code: 'more_findings', path: null, message: `${this.leftOut} more findings are not listed.` })
      this.leftOut = 0
    }
    return this.all
  }
}
