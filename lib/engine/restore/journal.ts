/**
 * The journal of a restore or undo under way. Invariants:
 * 1. It is durable before the first live change, and names everything that settling needs: bases, working folders, the file of steps.
 * 2. Its phase only ever says less than what has happened: it is written before what it announces, `swapped` and `validated` after.
 * 3. The copy in the home counts; the one in the working folder is for people who find that folder without a home.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import type { ArchiveId, JobId, WorkspaceId } from '#lib/base/ids.ts'
import { fsPath, joinRaw, rawOfText } from '../raw-path.ts'
import { type MakeRoom, removeDurable, writeDurable } from './durable-file.ts'

/** `rolling-back` is on the way from any later phase to `rolled-back`; `abandoned` is left as it was found, by somebody's word. */
export const JOURNAL_PHASES = [
  'staging',
  'staged',
  'stopped',
  'swapping',
  'swapped',
  'validated',
  'started',
  'rolling-back',
  'done',
  'rolled-back',
  'abandoned',
] as const
export type JournalPhase = (typeof JOURNAL_PHASES)[number]

/** Where a home keeps what restores of one workspace leave behind. */
export interface RecoveryPlace {
  /** Folder of journals, locks and open undos: absolute. */
  folder: string
  workspaceId: WorkspaceId
  /** Its name, for messages. */
  workspace: string
  /** Milliseconds of the clock that policies follow. */
  nowMs: () => number
  /** How long an undo is kept. */
  keepUndoMs: number
  /** Called when the home's disk is full. */
  makeRoom?: MakeRoom | undefined
}

/** All paths are absolute and in text form. */
export interface Journal {
  version: 1
  kind: 'restore' | 'undo'
  jobId: JobId
  workspaceId: WorkspaceId
  workspace: string
  archiveId: ArchiveId | null
  safetyArchiveId: ArchiveId | null
  /** The job that an undo takes back. */
  undoOf: JobId | null
  items: { key: string; label: string; targetPath: string }[]
  phase: JournalPhase
  startedAt: string
  /** When the phase was reached. */
  at: string
  /** When the last rename was done; null before. */
  swappedAt: string | null
  /** True from the moment before the first live change. */
  isTouched: boolean
  /** True once the orchestrator was asked to stop, until it was started again. */
  isStopped: boolean
  bases: string[]
  areas: JournalArea[]
  stepsFile: string
  stepsCount: number
}

export interface JournalArea {
  /** What the working folder was made in. */
  parent: string
  /** The working folder. */
  path: string
  /** Where what moves in comes from. */
  source: string
}

/** A journal as it is written while the work goes on. */
export class OpenJournal {
  private doc: Journal | null
  private readonly place: RecoveryPlace

  constructor(place: RecoveryPlace, doc: Journal | null = null) {
    this.place = place
    this.doc = doc
  }

  /** The journal as it is now; there is one after `begin`. */
  get document(): Journal {
    return this.doc!
  }

  /** Opens it, or says that the same work starts over on other ground; durable when this returns. */
  begin(doc: Journal): void {
    this.write(doc)
  }

  /** Notes a phase, durable when this returns. */
  enter(phase: JournalPhase, more: Partial<Pick<Journal, 'isStopped' | 'safetyArchiveId' | 'swappedAt' | 'stepsCount'>> = {}): void {
    const isTouched = this.document.isTouched || phase === 'swapping'
    this.write({ ...this.document, ...more, isTouched, phase, at: isoOf(this.place) })
  }

  /** The end: what became of it is kept as the last one, and nothing is open any more. */
  close(phase: 'done' | 'rolled-back' | 'abandoned'): void {
    const doc = { ...this.document, phase, at: isoOf(this.place) }
    if (doc.isTouched) attempt(() => writeDurable(lastPath(this.place), textOf(doc), this.place.makeRoom))
    removeDurable(journalPath(this.place))
    this.doc = doc
    this.copyBeside(doc)
  }

  private write(doc: Journal): void {
    writeDurable(journalPath(this.place), textOf(doc), this.place.makeRoom)
    this.doc = doc
    this.copyBeside(doc)
  }

  private copyBeside(doc: Journal): void {
    const area = rawOfText(doc.areas[0]?.path ?? '')
    // Only where it still is: a working folder that was removed is not made again.
    if (area) attempt(() => writeFileSync(fsPath(joinRaw(area, 'journal.json')), textOf(doc), { mode: 0o600 }))
  }
}

/** The open journal of a workspace; null when there is none. Throws `restore_unsettled` when there is one that cannot be read. */
export function readJournal(place: Pick<RecoveryPlace, 'folder' | 'workspaceId' | 'workspace'>): Journal | null {
  const path = journalPath(place)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null
    throw error
  }
  try {
    const doc = JSON.parse(text) as Journal
    if (doc.version === 1 && Array.isArray(doc.areas)) return doc
  } catch {
    // As below.
  }
  throw new AppError('restore_unsettled', {
    message: `The journal of an interrupted restore of ${place.workspace} cannot be read: ${path}.`,
    hint: 'Look for folders named .orchive-restore-… beside its items: what was replaced lies in them.',
    context: { path },
  })
}

/** How the last restore or undo that changed something live ended; null when it is not known. */
export function readLastJournal(place: Pick<RecoveryPlace, 'folder' | 'workspaceId'>): Journal | null {
  try {
    return JSON.parse(readFileSync(lastPath(place), 'utf8')) as Journal
  } catch {
    return null
  }
}

/** Where the open journal of a workspace lies. */
export const journalPath = (place: Pick<RecoveryPlace, 'folder' | 'workspaceId'>) => join(place.folder, `${place.workspaceId}.json`)
/** Where the lock of a workspace lies. */
export const lockPath = (place: Pick<RecoveryPlace, 'folder' | 'workspaceId'>) => join(place.folder, `${place.workspaceId}.lock`)
const lastPath = (place: Pick<RecoveryPlace, 'folder' | 'workspaceId'>) => join(place.folder, `${place.workspaceId}.last`)

/** Now, as journals and records write it. */
export const isoOf = (place: Pick<RecoveryPlace, 'nowMs'>, afterMs = 0) => new Date(place.nowMs() + afterMs).toISOString()

const textOf = (doc: Journal) => `${JSON.stringify(doc)}\n`

function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // The journal in the home says the same.
  }
}
