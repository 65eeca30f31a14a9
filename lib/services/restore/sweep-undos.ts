import { rm } from 'node:fs/promises'
import { errnoOf, toAppError } from '#lib/base/errors.ts'
import { fsPath, type RawPath } from '#lib/engine/raw-path.ts'
import { lockPath, readJournal } from '#lib/engine/restore/journal.ts'
import { openTree, workingFolders } from '#lib/engine/restore/remove-folder.ts'
import { takeRestoreLock } from '#lib/engine/restore/restore-lock.ts'
import { listUndos, removeUndo, type UndoRecord } from '#lib/engine/restore/undo-records.ts'
import type { ServiceContext } from '../context.ts'
import { recoveryPlaceOf } from './recovery-place.ts'

/**
 * Removes the quarantines whose undo is over, one workspace at a time and never beside a restore. Returns how many, and what could not be
 * removed as messages: such a one is tried again next time.
 */
export async function sweepUndos(ctx: ServiceContext): Promise<{ removed: number; problems: string[] }> {
  const nowMs = ctx.clock.nowMs()
  let removed = 0
  const problems: string[] = []
  for (const record of listUndos(ctx.paths.journals)) {
    if (Date.parse(record.until) > nowMs) continue
    try {
      if (await sweep(ctx, record)) removed++
    } catch (error) {
      problems.push(`The quarantine of ${record.journal.jobId} could not be removed: ${toAppError(error).message}`)
    }
  }
  return { removed, problems }
}

/** False when a restore of its workspace is under way or to be settled. */
async function sweep(ctx: ServiceContext, { journal }: UndoRecord): Promise<boolean> {
  const { workspaceId, workspace, jobId } = journal
  const place = recoveryPlaceOf(ctx, { id: workspaceId, name: workspace })
  let lock: ReturnType<typeof takeRestoreLock>
  try {
    lock = takeRestoreLock(lockPath(place), { jobId, purpose: `removal of the quarantine of ${jobId}`, workspace })
  } catch (error) {
    if (toAppError(error).code === 'workspace_locked') return false
    throw error
  }
  try {
    if (readJournal(place) !== null) return false
    for (const folder of workingFolders(journal)) await remove(folder)
    removeUndo(place, jobId)
    return true
  } finally {
    lock.release()
  }
}

/** Not in one go: the console does this beside its pages. */
async function remove(folder: RawPath): Promise<void> {
  try {
    await rm(fsPath(folder), { recursive: true, force: true })
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EPERM') throw error
    openTree(folder)
    await rm(fsPath(folder), { recursive: true, force: true })
  }
}
