/**
 * Settles an interrupted restore or undo: finished when its swap had been validated, else taken back; the choice is one for all of its items.
 * Whatever cuts settling short, settling again does the rest. It needs no repository and no orchestrator.
 */
import { existsSync } from 'node:fs'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { fsPath, rawOfText } from '../raw-path.ts'
import { finishChange, removeStaged } from './finish-change.ts'
import { holdSignals } from './hold-signals.ts'
import { type Journal, type JournalPhase, lockPath, OpenJournal, type RecoveryPlace, readJournal } from './journal.ts'
import { openGround } from './open-ground.ts'
import { type RestoreLock, takeRestoreLock } from './restore-lock.ts'
import { TakeBack } from './take-back.ts'

export const SETTLE_OUTCOMES = ['untouched', 'rolled-back', 'finished', 'abandoned'] as const
/** `untouched`: nothing live had been changed yet. `abandoned`: left as it is, because somebody said so. */
export type SettleOutcome = (typeof SETTLE_OUTCOMES)[number]

/** What was settled, and how. */
export interface SettleReport {
  outcome: SettleOutcome
  kind: Journal['kind']
  jobId: JobId
  archiveId: ArchiveId | null
  /** How far it had come. */
  phase: JournalPhase
  items: Journal['items']
  /** The job whose undo is open now; null when there is none. */
  undo: JobId | null
  undoUntil: string | null
  /** True when it had stopped the orchestrator, which settling does not start. */
  isStopped: boolean
  /** What had to be moved or left, as sentences. */
  notes: string[]
}

export interface SettleOptions {
  /** How long to wait while another process works on it; 0 = not at all. */
  waitMs?: number
  /** Leave everything as it is, and let go of the journal. */
  abandon?: boolean
}

/** Settles what is open; null when nothing is. Throws `workspace_locked` while its process lives, `restore_unsettled` when it cannot be settled now. */
export function settle(place: RecoveryPlace, options: SettleOptions = {}): SettleReport | null {
  const seen = readJournal(place)
  if (seen === null) return null
  const { jobId } = seen
  const purpose = `settling of ${jobId}`
  const lock = takeRestoreLock(lockPath(place), {
    jobId,
    purpose,
    workspace: place.workspace,
    waitMs: options.waitMs,
    makeRoom: place.makeRoom,
  })
  try {
    return settleLocked(place, lock, options)
  } finally {
    lock.release()
  }
}

/** The same for who holds the lock already. */
export function settleLocked(place: RecoveryPlace, lock: RestoreLock, options: SettleOptions = {}): SettleReport | null {
  const doc = readJournal(place)
  if (doc === null) return null
  const journal = new OpenJournal(place, doc)
  const release = holdSignals()
  try {
    if (options.abandon) return abandon(journal)
    switch (doc.phase) {
      case 'staging':
      case 'staged':
      case 'stopped':
        return clearAway(journal, doc, 'untouched')
      case 'rolled-back':
        return clearAway(journal, doc, 'rolled-back')
      case 'swapping':
      case 'swapped':
      case 'rolling-back':
        return rollBack(journal, doc, lock)
      case 'validated':
      case 'started':
      case 'done':
      case 'abandoned':
        return finish(place, journal, doc)
    }
  } catch (error) {
    throw isAppError(error) && error.code === 'restore_unsettled' ? error : unsettled(doc, error)
  } finally {
    release()
  }
}

function abandon(journal: OpenJournal): SettleReport {
  const { document } = journal
  journal.close('abandoned')
  return reportOf(document, 'abandoned', [`What was replaced lies in ${quarantinesOf(document)}.`])
}

/** Nothing live stays changed, so nothing of the work is needed. */
function clearAway(journal: OpenJournal, doc: Journal, outcome: SettleOutcome): SettleReport {
  removeStaged(doc, 'all')
  journal.close('rolled-back')
  return reportOf(doc, outcome, [])
}

function rollBack(journal: OpenJournal, doc: Journal, lock: RestoreLock): SettleReport {
  const ground = openGround(doc)
  const back = new TakeBack(ground)
  let notes: string[]
  let isKept: boolean
  try {
    journal.enter('rolling-back')
    ;({ notes, isKept } = back.run(doc.stepsCount, () => lock.beat()))
  } finally {
    back.close()
    ground.close()
  }
  // From here on the working folder may be gone when this is cut short.
  journal.enter('rolled-back')
  removeStaged(doc, isKept ? 'staged' : 'all')
  journal.close('rolled-back')
  return reportOf(doc, 'rolled-back', notes)
}

function finish(place: RecoveryPlace, journal: OpenJournal, doc: Journal): SettleReport {
  const isThere = doc.areas.every(({ path }) => existsSync(fsPath(rawOfText(path)!)))
  if (!isThere) {
    journal.close('done')
    return reportOf(doc, 'finished', ['Its working folder is gone, so it cannot be undone.'])
  }
  const ground = openGround(doc)
  try {
    const { undo } = finishChange(place, journal, ground)
    return { ...reportOf(doc, 'finished', []), undo: undo?.jobId ?? null, undoUntil: undo?.until ?? null }
  } finally {
    ground.close()
  }
}

function reportOf(doc: Journal, outcome: SettleOutcome, notes: string[]): SettleReport {
  const { kind, jobId, archiveId, phase, items, isStopped } = doc
  return { outcome, kind, jobId, archiveId, phase, items, undo: null, undoUntil: null, isStopped, notes }
}

function unsettled(doc: Journal, error: unknown): AppError {
  const why = error instanceof Error ? error.message : String(error)
  const items = doc.items.map(({ targetPath }) => targetPath).join(', ')
  return new AppError('restore_unsettled', {
    message: `The interrupted ${doc.kind} ${doc.jobId} of ${doc.workspace} (${doc.phase} at ${doc.at}) cannot be settled: ${why.replace(/\.$/, '')}. It was about ${items}.`,
    hint: `What was replaced lies in ${quarantinesOf(doc)}. Clear the cause and run \`orchive settle\`; if you have put it in order by hand, \`orchive settle --abandon\`.`,
    context: { jobId: doc.jobId, phase: doc.phase, areas: doc.areas.map(({ path }) => path) },
    cause: error,
  })
}

const quarantinesOf = (doc: Journal) => doc.areas.map(({ path }) => `${path}/quarantine`).join(' and ') || 'no folder'
