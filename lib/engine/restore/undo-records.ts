/** Open undos: one file a job in the home, which says what its quarantine takes back and until when that is kept. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '#lib/base/errors.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import { removeDurable, writeDurable } from './durable-file.ts'
import type { Journal, RecoveryPlace } from './journal.ts'

export interface UndoRecord {
  version: 1
  /** ISO 8601 UTC. */
  until: string
  /** The journal of the change at its end: where its working folders and steps are. */
  journal: Journal
}

const ENDING = '.undo'

/** Keeps an undo, durable when this returns. */
export function writeUndo(place: RecoveryPlace, record: UndoRecord): void {
  writeDurable(undoPath(place.folder, record.journal.jobId), `${JSON.stringify(record)}\n`, place.makeRoom)
}

/** Lets go of an undo; fine when it is gone already. */
export function removeUndo(place: Pick<RecoveryPlace, 'folder'>, jobId: JobId): void {
  removeDurable(undoPath(place.folder, jobId))
}

/** The undo of a job; null when there is none, or none any more. */
export function readUndo(folder: string, jobId: JobId): UndoRecord | null {
  try {
    return JSON.parse(readFileSync(undoPath(folder, jobId), 'utf8')) as UndoRecord
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}

/** Open undos of a workspace, or of all, newest first. */
export function listUndos(folder: string, workspaceId?: WorkspaceId): UndoRecord[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
  return names
    .filter((name) => name.endsWith(ENDING))
    .flatMap((name) => readUndo(folder, name.slice(0, -ENDING.length) as JobId) ?? [])
    .filter(({ journal }) => workspaceId === undefined || journal.workspaceId === workspaceId)
    .sort((a, b) => (a.journal.at < b.journal.at ? 1 : -1))
}

const undoPath = (folder: string, jobId: JobId) => join(folder, `${jobId}${ENDING}`)
