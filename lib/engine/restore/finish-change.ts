import { existsSync, readdirSync } from 'node:fs'
import { isAppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import { folderOfRaw, fsPath, joinRaw, type RawPath, rawOfBytes, rawOfText } from '../raw-path.ts'
import { isoOf, type Journal, type OpenJournal, type RecoveryPlace } from './journal.ts'
import { liveStat } from './open-folders.ts'
import { writeQuarantineRecord } from './quarantine-record.ts'
import { removeWorkingFolder } from './remove-folder.ts'
import type { SwapGround } from './swap.ts'
import { removeUndo, writeUndo } from './undo-records.ts'

/** What an ended change left behind. */
export interface Finished {
  /** Paths kept in quarantine. */
  kept: number
  undo: { jobId: JobId; until: string } | null
}

/**
 * Ends a change that is live and in order: what was replaced becomes an open undo, durable before the journal closes. Safe to run again, by the
 * process itself or by whoever settles after it.
 */
export function finishChange(place: RecoveryPlace, journal: OpenJournal, ground: SwapGround): Finished {
  const { document } = journal
  const { jobId, archiveId, safetyArchiveId, undoOf } = document
  const { moves, kept } = writeQuarantineRecord({ jobId, archiveId, safetyArchiveId, target: null }, ground)
  let undo: Finished['undo'] = null
  if (moves > 0) {
    const until = isoOf(place, place.keepUndoMs)
    writeUndo(place, { version: 1, until, journal: document })
    undo = { jobId, until }
  }
  if (undoOf !== null) {
    removeUndo(place, undoOf)
    removeEmptied(document, undoOf)
  }
  removeStaged(document, moves > 0 ? 'staged' : 'all')
  journal.close('done')
  return { kept, undo }
}

/** Removes what was staged, or the whole working folders of a change that left nothing behind. */
export function removeStaged(journal: Pick<Journal, 'areas' | 'jobId'>, what: 'staged' | 'all'): void {
  for (const area of journal.areas) {
    const path = rawOfText(area.path)
    if (path === null || !existsSync(fsPath(path))) continue
    if (what === 'all') removeWorkingFolder(path, journal.jobId)
    else removeWorkingFolder(path, journal.jobId, 'staged')
  }
}

/** The working folders of a job that was taken back, unless one of them still holds something. */
function removeEmptied(journal: Journal, jobId: JobId): void {
  for (const { source } of journal.areas) {
    const quarantine = rawOfText(source)
    if (quarantine === null || liveStat(fsPath(quarantine))?.type !== 'dir' || !holdsOnlyFolders(quarantine)) continue
    removeWorkingFolder(folderOfRaw(quarantine), jobId)
  }
}

function holdsOnlyFolders(folder: RawPath): boolean {
  return readdirSync(fsPath(folder), { encoding: 'buffer' }).every((name) => {
    const path = joinRaw(folder, rawOfBytes(name))
    return liveStat(fsPath(path))?.type === 'dir' && holdsOnlyFolders(path)
  })
}

/** Whether a failed change left a working folder that must stay: it holds what nobody else has. */
export function keepsFolder(error: unknown): boolean {
  return isAppError(error) && (error.context.isMixed === true || error.context.isKept === true)
}
