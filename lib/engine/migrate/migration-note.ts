/**
 * What a migration leaves in the repository that it fills: which one it is from, and how far it is. Notes are objects that are never changed, each made once
 * all that it names is durable; so whatever was interrupted, the next run takes up from the newest note. They go when the repository takes over.
 */
import { isAppError } from '#lib/base/errors.ts'
import type { RepositoryId } from '#lib/base/ids.ts'
import type { FrameId } from '../entry.ts'
import type { Repository } from '../repository/repository.ts'
import { decodeSummedLine, encodeSummedLine } from '../repository/summed-line.ts'
import type { Storage } from '../storage/storage.ts'

export const MIGRATION_FOLDER = 'system/migration/'
const SOURCE_NAME = `${MIGRATION_FOLDER}source.json`

/** What was written since the note before. */
export interface MigrationNote {
  /** Sections of the old repository and what they are in the new one. */
  sections: [from: FrameId, to: FrameId][]
  /** SHA-256 of large contents and their bodies in the new repository. */
  contents: [sha256: string, frames: FrameId[]][]
}

/** Says from the first moment what a repository is made for; before it has a head. */
export async function noteSource(objects: Storage, source: RepositoryId, at: string): Promise<void> {
  await objects.put(SOURCE_NAME, encodeSummedLine({ source, at }))
}

/** The repository that one is being filled from; null = it is no such repository, or has taken over. */
export async function sourceOf(objects: Storage): Promise<string | null> {
  try {
    const note = decodeSummedLine(await objects.get(SOURCE_NAME)) as { source?: unknown } | undefined
    return typeof note?.source === 'string' ? note.source : ''
  } catch (error) {
    if (isAppError(error) && error.code === 'object_missing') return null
    throw error
  }
}

/** How far it is: everything that notes say, as far as it is still there. */
export async function readNotes({ objects, storage }: Repository): Promise<{ notes: MigrationNote[]; next: number }> {
  const notes: MigrationNote[] = []
  let next = 1
  for await (const { name } of storage.list(MIGRATION_FOLDER)) {
    const number = Number(/(\d{6})\.json$/.exec(name)?.[1] ?? 0)
    if (number === 0) continue
    next = Math.max(next, number + 1)
    // One that cannot be read costs what it would have spared, and nothing else.
    const note = decodeSummedLine(await objects.get(name)) as MigrationNote | undefined
    if (Array.isArray(note?.sections) && Array.isArray(note.contents)) notes.push(note)
  }
  return { notes, next }
}

/** Writes a note; what it names has to be durable. */
export async function writeNote({ objects }: Repository, number: number, note: MigrationNote): Promise<void> {
  await objects.put(`${MIGRATION_FOLDER}${String(number).padStart(6, '0')}.json`, encodeSummedLine(note))
}

/** Takes the notes away, the one that says what the repository is made for last. */
export async function removeNotes({ storage }: Repository): Promise<void> {
  const names: string[] = []
  for await (const { name } of storage.list(MIGRATION_FOLDER)) if (name !== SOURCE_NAME) names.push(name)
  for (const name of names) await storage.remove(name)
  await storage.remove(SOURCE_NAME)
}
