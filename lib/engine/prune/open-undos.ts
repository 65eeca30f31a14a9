import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'

/** What the journals of a home need: the archives of restores under way, and of those that can still be undone. */
export interface OpenUndos {
  /** Why each must stay. */
  reasons: ReadonlyMap<ArchiveId, string>
  /** Journals that cannot be read: any safety archive may be theirs. */
  unreadable: readonly string[]
}

interface JournalFile {
  until?: string
  journal?: JournalFile
  jobId: string
  archiveId: ArchiveId | null
  safetyArchiveId: ArchiveId | null
}

/** Reads journals and open undos as they lie there now; `folder` null = there are none. Throws when the folder itself cannot be read. */
export function readOpenUndos(folder: string | null, nowMs: number): OpenUndos {
  const reasons = new Map<ArchiveId, string>()
  const unreadable: string[] = []
  for (const name of folder === null ? [] : namesIn(folder)) {
    const isUndo = name.endsWith('.undo')
    if (!isUndo && !name.endsWith('.json')) continue
    const file = read(join(folder!, name))
    if (file === null) continue
    const journal = file === 'unreadable' ? undefined : isUndo ? file.journal : file
    if (file === 'unreadable' || journal?.jobId === undefined) unreadable.push(join(folder!, name))
    else if (!isUndo) {
      for (const id of [journal.archiveId, journal.safetyArchiveId])
        if (id) reasons.set(id, `needed by the restore ${journal.jobId} under way`)
    } else if (journal.safetyArchiveId && !(Date.parse(file.until ?? '') <= nowMs)) {
      reasons.set(journal.safetyArchiveId, `safety archive of ${journal.jobId}, which can be undone until ${file.until}`)
    }
  }
  return { reasons, unreadable }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

function read(path: string): JournalFile | 'unreadable' | null {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as JournalFile | null) ?? 'unreadable'
  } catch (error) {
    // Closed since it was listed.
    return errnoOf(error) === 'ENOENT' ? null : 'unreadable'
  }
}
